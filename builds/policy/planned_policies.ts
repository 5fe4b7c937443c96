/**
 * Finds the Rego policies of a build, and the places of their files. Local files are checked at
 * once.
 */
import type { Env } from "../../base/env.ts";
import { isOn } from "../../base/env_bool.ts";
import { osReason } from "../../base/os_reason.ts";
import { baseName, cleanPath, isBelow } from "../../base/paths.ts";
import { UsageError } from "../../base/usage_error.ts";
import { choosePolicies, type ChosenPolicy } from "../../policies/composition.ts";
import type { ContextInputs } from "../inputs/context_inputs.ts";
import type { BuildSpec } from "../spec/build_spec.ts";
import { maybe } from "../../base/maybe.ts";

/** The policies of a build, in the order in which they are asked. */
export interface PlannedPolicies {
  readonly all: readonly PlannedPolicy[];
  /** `BUILDX_DEFAULT_POLICY` puts buildx's own policy before all others. */
  readonly hasDefault: boolean;
  /** The folder of this machine that names are relative to; undefined where the context is none. */
  readonly folder: string | undefined;
  /** The context as it was typed, where it is a folder. */
  readonly typedFolder: string;
  /** Only the daemon can read the context. */
  readonly isRemote: boolean;
  /** The folder of names that begin with `cwd://`. */
  readonly cwd: string;
  /** Whether a path of this machine may be read. */
  readonly mayRead: (path: string) => boolean;
  /** The Dockerfile's name without its folder: `input.env.filename`. */
  readonly dockerfile: string;
}

export interface PlannedPolicy extends ChosenPolicy {
  /**
   * The policy next to the Dockerfile: its name in messages and its path; undefined without one.
   */
  readonly beside?: { readonly name: string; readonly path: string };
}

/** Finds the policies; undefined for none. Throws `UsageError`. */
export function planPolicies(
  { context, dockerfile, policies }: Pick<BuildSpec, "context" | "dockerfile" | "policies">,
  inputs: Pick<ContextInputs, "mounts" | "filename" | "dockerfileFolder">,
  { env, cwd, mayRead }: {
    readonly env: Env;
    readonly cwd: string;
    readonly mayRead: (path: string) => boolean;
  },
): PlannedPolicies | undefined {
  const isRemote = context.kind === "remote";
  const found = besideDockerfile(inputs, isRemote);
  const chosen = choosePolicies(policies, found !== undefined);
  if (chosen === "disabled") return undefined;
  const hasDefault = isOn("BUILDX_DEFAULT_POLICY", env);
  if (chosen.length === 0 && !hasDefault) return undefined;
  const typed = cleanPath(dockerfile.typed);
  const folder = context.kind === "folder" ? context.path : undefined;
  const typedFolder = context.kind === "folder" ? context.typed : "";
  const name = () => {
    if (found!.folder === undefined) return `${inputs.filename}.rego`;
    const shown = dockerfile.typed === "" ? typedFolder : dockerfile.typed.replace(/[^/]*$/, "");
    return cleanPath(`${shown === "" ? "." : shown}/${inputs.filename}.rego`);
  };
  return {
    all: chosen.map((policy) =>
      policy.files.length > 0 ? policy : { ...policy, beside: { name: name(), path: found!.path } }
    ),
    hasDefault,
    folder,
    typedFolder,
    isRemote,
    cwd,
    mayRead,
    dockerfile: typed === "." || typed === "/" ? "Dockerfile" : baseName(typed),
  };
}

/**
 * Returns where a policy next to the Dockerfile lies, or may lie in a context that only the daemon
 * can read.
 */
function besideDockerfile(
  { mounts, filename, dockerfileFolder }: Pick<
    ContextInputs,
    "mounts" | "filename" | "dockerfileFolder"
  >,
  isRemote: boolean,
): { readonly folder: string | undefined; readonly path: string } | undefined {
  if (dockerfileFolder === undefined) {
    const inContext = isRemote && !mounts.has("dockerfile");
    return inContext ? { folder: undefined, path: `${filename}.rego` } : undefined;
  }
  const path = `${dockerfileFolder}/${filename}.rego`;
  try {
    Deno.statSync(path);
    return { folder: dockerfileFolder, path };
  } catch (error) {
    // A link to a missing target, or a folder that can't be searched, may hide a policy.
    if (error instanceof Deno.errors.NotFound && !maybe(() => Deno.lstatSync(path).isSymlink)) {
      return undefined;
    }
    throw new UsageError(
      `failed to read policy file ${path}: open ${path}: ${osReason(error)}`,
      "a build uses the policy file next to its Dockerfile; to build without it: --policy disabled=true",
    );
  }
}

/**
 * The name of a `--policy` within its folder, by buildx's rules. An absolute name is accepted if
 * the context was typed as an absolute path and contains it.
 */
export function nameInFolder(name: string, typedFolder: string): string {
  const folder = cleanPath(typedFolder);
  const path = cleanPath(name);
  const isInside = folder.startsWith("/") && isBelow(path, folder);
  return isInside ? path.slice(folder.replace(/\/$/, "").length + 1) : path;
}
