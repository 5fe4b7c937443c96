import type { FlagSpecs } from "./spec.ts";

/** The flag of every command that asks daemons for their state. */
export const statusTimeout = {
  timeout: {
    kind: "duration",
    default: "20s",
    summary: "Override the default timeout for loading builder status",
  },
} as const satisfies FlagSpecs;
