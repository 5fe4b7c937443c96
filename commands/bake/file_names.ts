/** Which definition files there are to read. */
import type { Env } from "../../transports/transport.ts";
import { UsageError } from "../../base/usage_error.ts";

/** Files that are read without `-f`, as far as they are there, in this order. */
export const DEFAULT_FILES = [
  "compose.yaml",
  "compose.yml",
  "docker-compose.yml",
  "docker-compose.yaml",
  "docker-bake.json",
  "docker-bake.hcl",
  "docker-bake.override.json",
  "docker-bake.override.hcl",
] as const;

/** The prefix of what is on this machine although the definition comes from elsewhere. */
const LOCAL = "cwd://";

/** What is to be read, and from where. */
export interface FileNames {
  /** From the definition's place. */
  readonly remote: readonly string[];
  /** From this machine, after those. */
  readonly local: readonly string[];
  /** In the order in which they were named, where all are on this machine. */
  readonly all: readonly string[];
  readonly fromEnv: boolean;
}

/** From `-f`, else from `BUILDX_BAKE_FILE`. Throws `UsageError` for one of those that isn't there. */
export function fileNames(
  typed: readonly string[],
  env: Env,
  exists: (path: string) => boolean,
): FileNames {
  const fromEnv = typed.length === 0 ? namesInEnv(env, exists) : [];
  const names = typed.length > 0 ? typed : fromEnv;
  const local = names.filter((name) => name.startsWith(LOCAL));
  return {
    remote: names.filter((name) => !name.startsWith(LOCAL)),
    local: local.map((name) => name.slice(LOCAL.length)),
    all: names.map((name) => name.startsWith(LOCAL) ? name.slice(LOCAL.length) : name),
    fromEnv: fromEnv.length > 0,
  };
}

function namesInEnv(env: Env, exists: (path: string) => boolean): string[] {
  const separator = env("BUILDX_BAKE_PATH_SEPARATOR") ||
    (Deno.build.os === "windows" ? ";" : ":");
  const names = (env("BUILDX_BAKE_FILE") ?? "").split(separator).map((name) => name.trim())
    .filter(Boolean);
  for (const name of names) {
    if (name === "-" || exists(name)) continue;
    throw new UsageError(
      `stat ${name}: no such file or directory`,
      "BUILDX_BAKE_FILE names it",
    );
  }
  return names;
}
