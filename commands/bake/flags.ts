import type { FlagSpecs } from "../../cli/flags/spec.ts";

/** The flags of `bake`, in buildx's words. */
export const bakeFlags = {
  allow: { kind: "array", summary: "Allow build to access specified resources" },
  call: {
    kind: "string",
    default: "build",
    summary: 'Set method for evaluating build ("check", "outline", "targets")',
  },
  check: { kind: "bool", summary: 'Shorthand for "--call=check"' },
  "compress-uploads": {
    kind: "bool",
    default: "true",
    env: "FAIRLEAD_COMPRESS_UPLOADS",
    summary: "Compress the files sent to the builder where that is faster",
  },
  file: { kind: "array", short: "f", summary: "Build definition file" },
  "idle-timeout": {
    kind: "duration",
    summary: "Cancel the build when it makes no progress for this long (0: never)",
  },
  list: { kind: "string", summary: "List targets or variables" },
  "list-targets": { kind: "bool", summary: "List available targets", hidden: true },
  "list-variables": { kind: "bool", summary: "List defined variables", hidden: true },
  load: {
    kind: "bool",
    summary: 'Shorthand for "--set=*.output=type=docker". Conditional.',
  },
  "metadata-file": { kind: "string", summary: "Write build result metadata to a file" },
  "no-cache": { kind: "bool", summary: "Do not use cache when building the image" },
  plan: {
    kind: "string",
    bare: "text",
    valueName: "format",
    summary: 'Show which node would build each platform, without building ("text", "json")',
  },
  policy: {
    kind: "array",
    summary:
      'Global policy evaluation options (format: "[disabled=true|false][,strict=true|false][,log-level=level]")',
  },
  print: { kind: "bool", summary: "Print the options without building" },
  progress: {
    kind: "string",
    default: "auto",
    summary:
      'Set type of progress output ("auto", "none",  "plain", "quiet", "rawjson", "tty"). Use plain to show container output',
  },
  provenance: { kind: "string", summary: 'Shorthand for "--set=*.attest=type=provenance"' },
  pull: { kind: "bool", summary: "Always attempt to pull all referenced images" },
  push: {
    kind: "bool",
    summary: 'Shorthand for "--set=*.output=type=registry". Conditional.',
  },
  "registry-logins": {
    kind: "string",
    default: "all",
    env: "FAIRLEAD_REGISTRY_LOGINS",
    valueName: "which",
    summary: 'Registries whose logins the builder may use ("all", "named", "none", or hosts)',
  },
  retry: {
    kind: "int",
    valueName: "N",
    summary: "Build again after a lost connection, up to N times",
  },
  sbom: { kind: "string", summary: 'Shorthand for "--set=*.attest=type=sbom"' },
  set: {
    kind: "array",
    summary: 'Override target value (e.g., "targetpattern.key=value")',
  },
  "shell-from": {
    kind: "string",
    valueName: "IMAGE|FILE",
    summary: "Static shell or image to use if the failed step has no shell",
  },
  "shell-on-error": {
    kind: "bool",
    summary: "Open a shell in the file system of a failed step",
  },
  timeline: {
    kind: "string",
    summary: "Write a page with the timeline of the build's steps to a file",
  },
  var: { kind: "array", summary: 'Set a variable value (e.g., "name=value")' },
} as const satisfies FlagSpecs;
