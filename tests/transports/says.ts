import assert from "node:assert/strict";

/** A password for tests: no error and no description may show it. */
export const SECRET = "hunter2";

/**
 * Checks an error for `assert.throws`: its class, its message with the hint, and no secret in it.
 */
export function says<E extends Error & { readonly hint?: string | undefined }>(
  // deno-lint-ignore no-explicit-any
  kind: new (...args: any[]) => E,
  expected: RegExp,
): (error: unknown) => true {
  return (error) => {
    assert(error instanceof kind, String(error));
    const text = `${error.message}; ${error.hint}`;
    assert.match(text, expected);
    assert(!text.includes(SECRET), text);
    return true;
  };
}
