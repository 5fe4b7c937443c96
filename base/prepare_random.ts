/**
 * Prepares random numbers for TLS. The first one costs a process 23 ms, because the TLS library
 * (AWS-LC) gathers its own entropy. Making an unused key moves that work to another thread.
 *
 * Resolves when the work is done; may be called again.
 */
export function prepareRandom(): Promise<unknown> {
  return preparing ??= crypto.subtle.generateKey(
    { name: "ECDSA", namedCurve: "P-256" },
    false,
    ["sign"],
  );
}
let preparing: Promise<unknown> | undefined;
