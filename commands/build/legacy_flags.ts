/**
 * Flags of older command lines and of docker's own builder. They work as in buildx, and help
 * doesn't list them. Some are other spellings; some have no effect in BuildKit, and some of those
 * cause a warning.
 */
import type { FlagSpecs } from "../../cli/flags/spec.ts";
import type { Deps } from "../../cli/deps.ts";
import { warn } from "../../cli/warn.ts";

const resource = { kind: "array", hidden: true, summary: "See --resource" } as const;
const ignored = { kind: "bool", hidden: true, summary: "Has no effect" } as const;

/** Older flags for limits, which `--resource` has replaced. */
const resources = {
  "cpu-period": resource,
  "cpu-quota": resource,
  "cpu-shares": { ...resource, short: "c" },
  "cpuset-cpus": resource,
  "cpuset-mems": resource,
  memory: { ...resource, short: "m" },
  "memory-swap": resource,
} as const satisfies FlagSpecs;

export const legacyFlags = {
  ...resources,
  compress: ignored,
  "force-rm": ignored,
  isolation: { kind: "string", hidden: true, summary: "Has no effect" },
  print: { kind: "string", hidden: true, sets: "call", summary: "See --call" },
  rm: { ...ignored, default: "true" },
  "security-opt": { kind: "slice", hidden: true, summary: "Has no effect" },
  squash: ignored,
} as const satisfies FlagSpecs;

/** In buildx's words. */
const warnings: Readonly<Record<string, string>> = {
  isolation: "isolation flag is deprecated with BuildKit.",
  "security-opt":
    'security-opt flag is deprecated. "RUN --security=insecure" should be used with BuildKit.',
  squash: "experimental flag squash is removed with BuildKit. You should squash inside build " +
    "using a multi-stage Dockerfile for efficiency.",
};

/** Warns of typed flags that have no effect. */
export function warnLegacy(given: ReadonlySet<string>, deps: Pick<Deps, "stderr">): void {
  for (const name of Object.keys(warnings).filter((name) => given.has(name)).sort()) {
    warn(deps, warnings[name]!);
  }
}

/** The limits as `--resource` writes them. */
export function legacyResources(
  values: Readonly<Record<keyof typeof resources, readonly string[]>>,
): string[] {
  return (Object.keys(resources) as (keyof typeof resources)[])
    .flatMap((name) => values[name].map((value) => `${name}=${value}`));
}
