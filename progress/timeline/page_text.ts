/**
 * The texts of pages about builds: nothing that a daemon says is markup, and no text controls
 * anything.
 */
import { formatSeconds } from "../../base/units.ts";

/** `14ms`, `2.3s`, `3m 05s`, `2h 00m`. */
export function lengthText(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`;
  if (ms < 100_000) return formatSeconds(ms);
  const seconds = Math.round(ms / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const two = (value: number) => String(value).padStart(2, "0");
  return hours > 0 ? `${hours}h ${two(minutes)}m` : `${minutes}m ${two(seconds % 60)}s`;
}

// deno-lint-ignore no-control-regex -- colours and cursor moves of a step's output
const SEQUENCES = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])/g;

/** Control characters except tabs and line ends, and characters that turn a text's direction. */
const CONTROLS = /[^\P{Cc}\t\n]|[\u202a-\u202e\u2066-\u2069]/gu;

/** The text without terminal sequences; a line that overwrote itself has its last state. */
export function clean(text: string): string {
  return text.replace(SEQUENCES, "").split("\n")
    .map((line) => line.replace(/\r+$/, "").split("\r").at(-1)!.replace(CONTROLS, " "))
    .join("\n");
}

/** Escapes a text for HTML, also within an attribute's quotes. */
export function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/** The text of others for a page: clean, escaped, and of limited length. */
export function shown(text: string, limit = 2000): string {
  const plain = clean(text);
  return escape(plain.length <= limit ? plain : `${plain.slice(0, limit)}…`);
}

/** A moment in UTC, ms since 1970. The page's script replaces it by the reader's local time. */
export function timeHtml(ms: number): string {
  const date = new Date(ms);
  if (Number.isNaN(date.getTime())) return "";
  const iso = date.toISOString();
  return `<time datetime="${iso}">${iso.slice(0, 19).replace("T", " ")} UTC</time>`;
}
