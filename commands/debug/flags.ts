import type { FlagSpecs } from "../../cli/flags/spec.ts";

/** The flags of `debug`, which may stand before or behind `build`. */
export const debugFlags = {
  invoke: {
    kind: "string",
    valueName: "COMMAND",
    summary: "Launch a monitor with executing specified command",
  },
  on: {
    kind: "string",
    default: "error",
    summary: "When to launch the monitor ([always, error])",
  },
} as const satisfies FlagSpecs;
