/** The flags about running builds, which `build` and `bake` share. */
import { idleTimeoutOf } from "../../builds/running/idle.ts";
import { loginRule } from "../../builds/running/registry_logins.ts";
import { retriesOf } from "../../builds/running/retry.ts";
import type { RunContext } from "../../builds/running/run.ts";
import { connectTimeout } from "../../cli/connect_timeout.ts";
import type { FlagSpecs, FlagValues, GlobalValues } from "../../cli/flags/spec.ts";

export const runFlags = {
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
  "idle-timeout": {
    kind: "duration",
    summary: "Cancel the build when it makes no progress for this long (0: never)",
  },
  "metadata-file": { kind: "string", summary: "Write build result metadata to a file" },
  "no-cache": { kind: "bool", summary: "Do not use cache when building the image" },
  plan: {
    kind: "string",
    bare: "text",
    valueName: "format",
    summary: 'Show which node would build each platform, without building ("text", "json")',
  },
  progress: {
    kind: "string",
    default: "auto",
    summary:
      'Set type of progress output ("auto", "none",  "plain", "quiet", "rawjson", "tty"). Use plain to show container output',
  },
  pull: { kind: "bool", summary: "Always attempt to pull all referenced images" },
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
  timeline: {
    kind: "string",
    summary: "Write a page with the timeline of the build's steps to a file",
  },
} as const satisfies FlagSpecs;

export const shellFlags = {
  "shell-from": {
    kind: "string",
    valueName: "IMAGE|FILE",
    summary: "Static shell or image to use if the failed step has no shell",
  },
  "shell-on-error": {
    kind: "bool",
    summary: "Open a shell in the file system of a failed step",
  },
} as const satisfies FlagSpecs;

/** The limits that these flags set to a run. */
export type RunLimits = ReturnType<typeof limitsOf>;

/** Throws `UsageError` for a value that is no limit. */
export function limitsOf(
  flags: Pick<
    FlagValues<typeof runFlags>,
    "retry" | "idle-timeout" | "registry-logins" | "compress-uploads"
  >,
  global: GlobalValues,
) {
  return {
    budget: connectTimeout(global),
    retries: retriesOf(flags.retry),
    idleTimeout: idleTimeoutOf(flags["idle-timeout"]),
    registryLogins: loginRule(flags["registry-logins"]),
    compressUploads: flags["compress-uploads"],
  } satisfies Partial<RunContext>;
}
