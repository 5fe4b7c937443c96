import type { Found } from "./found.ts";

/** A transport as `--format json` prints it, without empty values. */
export function jsonOf(found: Found): object {
  const { options, ...texts } = found;
  return {
    ...Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== "")),
    options: options.map(({ name, summary, required, secret }) => ({
      name,
      summary,
      required: required === true,
      secret: secret === true,
    })),
  };
}
