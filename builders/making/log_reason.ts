/** A line of a daemon's log that says why it ended. */
const REASON =
  /\b(?:error|fail(?:ed|ure)|fatal|panic|invalid|usage:|not defined|could not|cannot)\b/i;

/** The lines of a daemon's log, without control characters: they must not reach the terminal. */
export function logLines(text: string): string[] {
  // deno-lint-ignore no-control-regex -- these are the characters to remove
  const plain = text.replace(/[\x00-\x09\x0b-\x1f\x7f-\x9f]+/g, " ");
  return plain.split("\n").map((line) => line.trim()).filter((line) => line !== "");
}

/** A line of the log that doesn't end a daemon, whatever its words. */
const HARMLESS = /^time="[^"]*" level=(?:warning|info|debug|trace) /;

/**
 * The line that says why the daemon ended: a usage text may follow it. Undefined for an empty log.
 */
export function reasonIn(lines: readonly string[]): string | undefined {
  const grave = lines.filter((line) => !HARMLESS.test(line));
  // buildkitd's last words have its name before them.
  return grave.findLast((line) => line.startsWith("buildkitd: ")) ??
    grave.findLast((line) => REASON.test(line)) ?? grave.at(-1) ?? lines.at(-1);
}
