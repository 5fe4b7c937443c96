/** The methods of a template's values: `.Created.Unix`, `.Digest.Encoded`. */
type Method = (...args: readonly unknown[]) => unknown;

/**
 * The value's method of that name, if it has one. A digest is a text to us, and to Go a text with
 * methods.
 */
export function methodOf(value: unknown, name: string): Method | undefined {
  if (!/^[A-Z]/.test(name)) return undefined;
  if (typeof value === "string") return digestMethod(value, name);
  const method = (value as Record<string, unknown> | null | undefined)?.[name];
  return typeof method === "function" ? method.bind(value) : undefined;
}

function digestMethod(value: string, name: string): Method | undefined {
  const [, algorithm, hex] = /^([a-z0-9]+):([0-9a-f]{32,})$/.exec(value) ?? [];
  if (hex === undefined) return undefined;
  switch (name) {
    case "Algorithm":
      return () => algorithm;
    case "Encoded":
    case "Hex":
      return () => hex;
    case "String":
      return () => value;
  }
  return undefined;
}
