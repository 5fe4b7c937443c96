/**
 * Why the system refused, from what Deno throws: `Permission denied (os error 13): open '/x'`
 * becomes `permission denied`. Whoever prints it names the path.
 */
export function osReason(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  if (thrown instanceof Deno.errors.NotFound) return "no such file or directory";
  const text = thrown.message.replace(/ \(os error \d+\).*$/s, "");
  return /^[A-Z][a-z]/.test(text) ? text[0]!.toLowerCase() + text.slice(1) : text;
}
