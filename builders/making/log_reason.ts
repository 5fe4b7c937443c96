/** A line of a daemon's log that says why it ended. */
const REASON =
  /\b(?:error|fail(?:ed|ure)|fatal|panic|invalid|usage:|not defined|could not|cannot)\b/i;

/** The lines of a daemon's log, without control characters: they must not reach the terminal. */
export function logLines(text: string): string[] {
  // deno-lint-ignore no-control-regex -- these are the characters to remove
  const plain = text.replace(/[\x00-\x09\x0b-\x1f\x7f-\x9f]+/g, " ");
  return plain.split("\n").map((line) => line.trim()).filter((line) => line !== "");
}

/** The line that says why the daemon ended: a usage text may follow it. Undefined for an empty log. */
export function reasonIn(lines: readonly string[]): string | undefined {
  return lines.findLast((line) => REASON.test(line)) ?? lines.at(-1);
}
