/**
 * All local inputs of a build, and the attributes that describe them to the daemon and the
 * frontend.
 */
import { fnv } from "../../base/fnv.ts";
import { absolutePath, baseName } from "../../base/paths.ts";
import { buildNodeId } from "../../builders/store/build_node_id.ts";
import type { ConfigDir } from "../../builders/store/config_dir.ts";
import type { BuildState } from "../../builders/store/local_state.ts";
import type { Deps } from "../../cli/deps.ts";
import { isOn } from "../../base/env_bool.ts";
import { type PlannedPolicies, planPolicies } from "../policy/planned_policies.ts";
import type { Scratch } from "../scratch.ts";
import type { BuildSpec } from "../spec/build_spec.ts";
import { isHttp } from "../spec/remote.ts";
import { type ContextInputs, findInputs } from "./context_inputs.ts";
import { gitAttrs } from "./git_attrs.ts";
import type { CheckoutOf } from "./git_repository.ts";
import { type NamedInputs, namedInputs } from "./named_contexts.ts";

/**
 * The files and services that the daemon may read during a build: the context, the Dockerfile and
 * the named contexts. `mounts` and `attrs` are those of all of them.
 */
export interface BuildInputs
  extends Omit<ContextInputs, "caps">, Pick<NamedInputs, "stores" | "links"> {
  /** Encoded definitions that the frontend takes for contexts, by their names in `attrs`. */
  readonly definitions: ReadonlyMap<string, Uint8Array>;
  /** The daemon fetches the context from elsewhere. */
  readonly isRemote: boolean;
  /** The Rego policies of the build; undefined for none. */
  readonly policies: PlannedPolicies | undefined;
  /**
   * Ties the daemon's copy of the context to the next build of the same context; empty for none.
   */
  readonly sharedKey: string;
  /**
   * The Dockerfile's name for people: the typed name, or the path below the context as it was
   * typed.
   */
  readonly dockerfile: string;
  /** The paths in the build's record. */
  readonly state: Pick<BuildState, "localPath" | "dockerfilePath">;
}

/** The options of `openInputs` besides the specification. */
export interface InputOptions {
  readonly deps: Pick<Deps, "env" | "cwd" | "stdin" | "signal">;
  /** The folder of builders, which has this machine's id. */
  readonly storeDir: ConfigDir | undefined;
  readonly scratch: Scratch;
  /** The targets of the run, which contexts may name. */
  readonly targets: ReadonlySet<string>;
  readonly checkoutOf: CheckoutOf;
  /** Whether a path of this machine may be opened with all that lies below it. */
  readonly mayRead: (path: string) => boolean;
}

/** Looks at the inputs. Throws `UsageError` and the like. */
export async function openInputs(
  spec: Pick<BuildSpec, "context" | "dockerfile" | "contexts" | "policies" | "args">,
  { deps, storeDir, scratch, targets, checkoutOf, mayRead }: InputOptions,
): Promise<BuildInputs> {
  const { env, cwd } = deps;
  const { context } = spec;
  const inputs = await findInputs(spec, { deps, scratch, mayRead });
  const machine = buildNodeId(storeDir);
  const sharedKey = (folder: string) => `${asciiName(baseName(folder))}:${machine}`;
  const named = namedInputs(spec.contexts, { sharedKey, targets });
  const policies = planPolicies(spec, inputs, { env, cwd, mayRead });
  const mounts = new Map([...inputs.mounts, ...named.mounts]);
  const git = isOn("BUILDX_SEND_GIT_QUERY_AS_INPUT", env)
    ? await (await import("./git_input.ts")).gitInputs(spec)
    : undefined;
  const caps = [...new Set([...inputs.caps, ...named.caps])].sort()
    .filter((cap) => !git?.needless.has(cap));
  const { typed } = spec.dockerfile;
  return {
    ...inputs,
    mounts,
    stores: named.stores,
    links: named.links,
    definitions: git?.definitions ?? new Map(),
    attrs: {
      ...withoutUndefined({ ...inputs.attrs, ...named.attrs, ...git?.attrs }),
      ...caps.length > 0 && { "frontend.caps": caps.join(",") },
      ...context.kind === "folder" &&
        await gitAttrs(context.path, typed, mounts, { env, cwd, checkoutOf }),
    },
    isRemote: context.kind === "remote",
    policies,
    sharedKey: context.kind === "folder" ? sharedKey(context.path) : "",
    dockerfile: shownDockerfile(spec, inputs.filename),
    state: stateOf(spec, cwd),
  };
}

function withoutUndefined(
  attrs: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const entries = Object.entries(attrs);
  return Object.fromEntries(
    entries.flatMap(([key, value]) => value === undefined ? [] : [[key, value]]),
  );
}

/**
 * The daemon accepts printable ASCII in this header. Other names get a digest, so that they stay
 * distinct.
 */
function asciiName(name: string): string {
  if (/^[\x20-\x7e]*$/.test(name)) return name;
  return `fnv-${fnv(name)}`;
}

type Typed = Pick<BuildSpec, "context" | "dockerfile">;

function shownDockerfile({ context, dockerfile }: Typed, found: string): string {
  const { kind, typed } = dockerfile;
  if (kind === "stdin" || kind === "inline") return kind;
  if (typed !== "" || context.kind !== "folder") return typed || found;
  const folder = context.typed.replace(/^(?:\.\/+)+/, "").replace(/\/+$/, "");
  return folder === "" || folder === "." ? "Dockerfile" : `${folder}/Dockerfile`;
}

function stateOf({ context, dockerfile: { typed } }: Typed, cwd: string): BuildInputs["state"] {
  const isLocal = context.kind === "folder" || context.kind === "none";
  const asTyped = !isLocal || typed === "" || typed === "-" || isHttp(typed);
  return {
    localPath: isLocal
      ? absolutePath(context.typed, cwd)
      : context.kind === "remote"
      ? context.url
      : "-",
    dockerfilePath: asTyped ? typed : absolutePath(typed, cwd),
  };
}
