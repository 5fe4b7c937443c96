import { UsageError } from "../../base/usage_error.ts";
import { runFlags, shellFlags } from "./run_flags.ts";
import type { FlagSpecs, FlagValues } from "../../cli/flags/spec.ts";
import { legacyFlags } from "./legacy_flags.ts";

/** The flags of a build that is looked into by a debugger, in buildx's words. */
export const debuggedFlags = {
  ...runFlags,
  "add-host": {
    kind: "slice",
    summary: 'Add a custom host-to-IP mapping (format: "host:ip")',
  },
  allow: {
    kind: "array",
    summary:
      'Allow extra privileged entitlement (e.g., "network.host", "security.insecure", "device", "buildx.local.delete")',
  },
  annotation: { kind: "array", summary: "Add annotation to the image" },
  attest: {
    kind: "array",
    summary: 'Attestation parameters (format: "type=sbom,generator=image")',
  },
  "build-arg": { kind: "array", summary: "Set build-time variables" },
  "build-context": {
    kind: "array",
    summary: 'Additional build contexts (e.g., "name=path")',
  },
  "cache-from": {
    kind: "array",
    summary: 'External cache sources (e.g., "user/app:cache", "type=local,src=path/to/dir")',
  },
  "cache-to": {
    kind: "array",
    summary: 'Cache export destinations (e.g., "user/app:cache", "type=local,dest=path/to/dir")',
  },
  "cgroup-parent": { kind: "string", summary: 'Set the parent cgroup for the "RUN" instructions' },
  file: {
    kind: "string",
    short: "f",
    summary: 'Name of the Dockerfile (default: "PATH/Dockerfile")',
  },
  iidfile: { kind: "string", summary: "Write the image ID to a file" },
  label: { kind: "array", summary: "Set metadata for an image" },
  load: { kind: "bool", summary: 'Shorthand for "--output=type=docker"' },
  network: {
    kind: "string",
    default: "default",
    summary: 'Set the networking mode for the "RUN" instructions during build',
  },
  "no-cache-filter": { kind: "array", summary: "Do not cache specified stages" },
  output: {
    kind: "array",
    short: "o",
    summary: 'Output destination (format: "type=local,dest=path")',
  },
  platform: {
    kind: "array",
    env: "DOCKER_DEFAULT_PLATFORM",
    summary: "Set target platform for build",
  },
  policy: {
    kind: "array",
    summary: 'Policy configuration (format: "filename=path[,filename=path][,reset=true|false]' +
      '[,disabled=true|false][,strict=true|false][,log-level=level]")',
  },
  provenance: { kind: "string", summary: 'Shorthand for "--attest=type=provenance"' },
  push: { kind: "bool", summary: 'Shorthand for "--output=type=registry,unpack=false"' },
  quiet: {
    kind: "bool",
    short: "q",
    summary: "Suppress the build output and print image ID on success",
  },
  resource: {
    kind: "array",
    summary: 'Resource limits for the "RUN" instructions (format: "memory=512m")',
  },
  sbom: { kind: "string", summary: 'Shorthand for "--attest=type=sbom"' },
  secret: {
    kind: "array",
    summary: 'Secret to expose to the build (format: "id=mysecret[,src=/local/secret]")',
  },
  "shm-size": { kind: "bytes", summary: "Shared memory size for build containers" },
  ssh: {
    kind: "array",
    summary:
      'SSH agent socket or keys to expose to the build (format: "default|<id>[=<socket>|<key>[,<key>]]")',
  },
  tag: {
    kind: "array",
    short: "t",
    summary: 'Image identifier (format: "[registry/]repository[:tag]")',
  },
  target: { kind: "string", summary: "Set the target build stage to build" },
  ulimit: { kind: "array", summary: "Ulimit options", valueName: "ulimit" },
  ...legacyFlags,
} as const satisfies FlagSpecs;

/** The flags that look into a build. */
const lookingFlags = {
  ...shellFlags,
  cat: {
    kind: "string",
    valueName: "STEP:PATH",
    summary: "Print a file from a step, without exporting anything",
  },
  copy: {
    kind: "string",
    valueName: "STEP:PATH",
    summary: "Copy a file or folder from a step to DEST, the argument before the context",
  },
  files: {
    kind: "string",
    bare: "",
    valueName: "STEP",
    summary: 'List the files of a step (default: the result; "STEP:PATH" for a folder)',
  },
} as const satisfies FlagSpecs;

/** The flags of `build`. */
export const buildFlags = { ...debuggedFlags, ...lookingFlags } as const;

/** The debugger's client speaks on stdin. Throws in buildx's words. */
export function refuseStdin(path: string, file: string): void {
  if (path !== "-" && file !== "-") return;
  throw new UsageError("Dockerfile or context from stdin is not supported with debugger");
}

/** The flags of a build with a debugger as `build` has them. */
export function asBuildFlags(
  flags: FlagValues<typeof debuggedFlags>,
): FlagValues<typeof buildFlags> {
  return { files: "", cat: "", copy: "", "shell-from": "", "shell-on-error": false, ...flags };
}
