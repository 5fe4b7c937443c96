import { statusTimeout } from "../../cli/flags/common.ts";
import type { FlagSpecs } from "../../cli/flags/spec.ts";

/** The flags of `ls`. */
export const lsFlags = {
  format: { kind: "string", default: "table", summary: "Format the output" },
  "no-trunc": { kind: "bool", summary: "Don't truncate output" },
  ...statusTimeout,
} as const satisfies FlagSpecs;
