import type { Ending } from "./child.ts";

/** Describes a process's end, with the last lines of its stderr, as the end of a sentence. */
export function describeEnding({ code, signal }: Ending, stderr: string): string {
  const how = signal === undefined ? `exited with code ${code}` : `was ended by ${signal}`;
  return how + said(stderr);
}

/** The last lines of stderr, as the end of a message. */
export function said(stderr: string): string {
  if (stderr === "") return "";
  const lines = stderr.split("\n");
  return lines.length === 1 ? `: ${stderr}` : `:\n${lines.map((line) => `  ${line}`).join("\n")}`;
}
