/**
 * As much of a Dockerfile as hints need; the daemon's frontend is the one that reads it in full.
 */
import { cut } from "../../base/cut.ts";

/** The lines of a Dockerfile that the daemon blames. */
export interface Blamed {
  /** The Dockerfile's text. */
  readonly text: string;
  /** The first line and the last one, counted from 1. */
  readonly first: number;
  readonly last: number;
}

/** The blamed instruction on one line, without comments and marks of continued lines. */
export function instructionAt({ text, first, last }: Blamed): string {
  const escape = /^#\s*escape\s*=\s*`/im.test(text) ? /`\s*$/ : /\\\s*$/;
  return text.split("\n").slice(first - 1, last)
    .filter((line) => !/^\s*#/.test(line))
    .map((line) => line.replace(escape, "").trim())
    .join(" ").trim();
}

/** The names of the stages: `FROM … AS name`. */
export function stagesOf(text: string): string[] {
  return [...text.matchAll(/^\s*FROM\s+\S.*?\s+AS\s+(\S+)\s*$/gim)].map(([, name]) => name!);
}

/**
 * The name of the place that an instruction takes a file from: a stage, an image or a named
 * context; undefined for the context of the build.
 * @param path the file, from the root of that place
 */
export function sourceOf(instruction: string, path: string): string | undefined {
  if (/^(?:COPY|ADD)\b/i.test(instruction)) {
    return /^\S+(?:\s+--\S+)*?\s+--from=(\S+)/i.exec(instruction)?.[1];
  }
  const mounts = mountsOf(instruction);
  const asked = path.replace(/^\/+/, "");
  const mount = mounts.find((fields) =>
    (fields.get("source") ?? fields.get("src") ?? "").replace(/^[./]+/, "") === asked
  );
  return mount?.get("from");
}

/** The IDs of the secrets that an instruction mounts. */
export function secretsOf(instruction: string): string[] {
  return mountsOf(instruction)
    .filter((fields) => fields.get("type") === "secret")
    .map((fields) =>
      fields.get("id") ?? (fields.get("target") ?? fields.get("dst") ?? "").replace(/^.*\//, "")
    )
    .filter((id) => id !== "" && !id.includes("$"));
}

/** The fields of each `--mount`; a field without a value is undefined. */
function mountsOf(instruction: string): Map<string, string | undefined>[] {
  return [...instruction.matchAll(/--mount=(\S+)/g)]
    .map(([, fields]) => new Map(fields!.split(",").map((field) => cut(field, "="))));
}
