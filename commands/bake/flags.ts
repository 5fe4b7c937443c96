import { runFlags, shellFlags } from "../build/run_flags.ts";
import type { FlagSpecs } from "../../cli/flags/spec.ts";

/** The flags of `bake`, in buildx's words. */
export const bakeFlags = {
  ...runFlags,
  ...shellFlags,
  allow: { kind: "array", summary: "Allow build to access specified resources" },
  file: { kind: "array", short: "f", summary: "Build definition file" },
  list: { kind: "string", summary: "List targets or variables" },
  "list-targets": { kind: "bool", summary: "List available targets", hidden: true },
  "list-variables": { kind: "bool", summary: "List defined variables", hidden: true },
  load: {
    kind: "bool",
    summary: 'Shorthand for "--set=*.output=type=docker". Conditional.',
  },
  policy: {
    kind: "array",
    summary:
      'Global policy evaluation options (format: "[disabled=true|false][,strict=true|false][,log-level=level]")',
  },
  print: { kind: "bool", summary: "Print the options without building" },
  provenance: { kind: "string", summary: 'Shorthand for "--set=*.attest=type=provenance"' },
  push: {
    kind: "bool",
    summary: 'Shorthand for "--set=*.output=type=registry". Conditional.',
  },
  sbom: { kind: "string", summary: 'Shorthand for "--set=*.attest=type=sbom"' },
  set: {
    kind: "array",
    summary: 'Override target value (e.g., "targetpattern.key=value")',
  },
  var: { kind: "array", summary: 'Set a variable value (e.g., "name=value")' },
} as const satisfies FlagSpecs;
