/** The names of the definition files to read. */
import type { Env } from "../../transports/transport.ts";
import { UsageError } from "../../base/usage_error.ts";

/** Files that are read without `-f` if they exist, in this order. */
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

/** The prefix of a path of this machine, in a definition that comes from elsewhere. */
export const LOCAL = "cwd://";

/** The files to read, by where they are. */
export interface FileNames {
  /** Files in the repository of the definition. */
  readonly remote: readonly string[];
  /** Files of this machine, which come after the remote ones. */
  readonly local: readonly string[];
  /** All names in their order, for a definition of this machine. */
  readonly all: readonly string[];
  readonly fromEnv: boolean;
}

/**
 * The names of `-f`, or of `BUILDX_BAKE_FILE`. Throws `UsageError` for a missing file of the
 * variable.
 */
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
      "BUILDX_BAKE_FILE sets this name",
    );
  }
  return names;
}
