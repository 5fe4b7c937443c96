import { statusTimeout } from "../../cli/flags/common.ts";
import type { FlagSpecs } from "../../cli/flags/spec.ts";

/** The flags of `inspect`. */
export const inspectFlags = {
  bootstrap: { kind: "bool", summary: "Ensure builder has booted before inspecting" },
  ...statusTimeout,
} as const satisfies FlagSpecs;
