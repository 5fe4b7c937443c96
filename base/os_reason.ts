import { errorText } from "./error_text.ts";

/**
 * The system's reason in an error of Deno: `Permission denied (os error 13): open '/x'` becomes
 * `permission denied`. The caller adds the path.
 */
export function osReason(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  if (thrown instanceof Deno.errors.NotFound) return "no such file or directory";
  const text = thrown.message.replace(/ \(os error \d+\).*$/s, "");
  return /^[A-Z][a-z]/.test(text) ? text[0]!.toLowerCase() + text.slice(1) : text;
}

/** The reason, in words, why a file can't be read. */
export function whyUnreadable(thrown: unknown): string {
  if (thrown instanceof Deno.errors.NotFound) return "there is no such file";
  if (thrown instanceof Deno.errors.PermissionDenied) return "permission denied";
  if (thrown instanceof Deno.errors.IsADirectory) return "it is a folder";
  return errorText(thrown);
}

/** The system call that failed to read a file, as Go's errors name it: a folder can be opened. */
export function failedCall(thrown: unknown): "open" | "read" {
  return thrown instanceof Deno.errors.IsADirectory ? "read" : "open";
}
