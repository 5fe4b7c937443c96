/**
 * The first random number that TLS asks for costs a process 23 ms: the library behind it gathers
 * entropy of its own (AWS-LC). A key that nobody needs makes another thread do that meanwhile.
 *
 * Resolves when it is done; may be called again.
 */
export function seed(): Promise<unknown> {
  return seeding ??= crypto.subtle.generateKey(
    { name: "ECDSA", namedCurve: "P-256" },
    false,
    ["sign"],
  );
}
let seeding: Promise<unknown> | undefined;
