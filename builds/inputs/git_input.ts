/**
 * Implements `BUILDX_SEND_GIT_QUERY_AS_INPUT`: a git URL with a query is sent as a separate
 * definition. Frontends that don't understand queries can then build from it. The names of the
 * attributes are those of BuildKit's `solver/pb/attr.go`.
 */
import { readBool } from "../../base/go/bool.ts";
import type { BuildSpec } from "../spec/build_spec.ts";
import { hasQuery, QUERY_CAPABILITY } from "../spec/remote.ts";
import { sourceDefinition } from "../../buildkit/step_definition.ts";

/** Git contexts that are sent as definitions. */
export interface GitInputs {
  /** Encoded definitions by the name that the frontend knows them by. */
  readonly definitions: ReadonlyMap<string, Uint8Array>;
  /** Attributes that replace those of the contexts. An undefined one is left out. */
  readonly attrs: Readonly<Record<string, string | undefined>>;
  /** Features of the frontend that are then not needed. */
  readonly needless: ReadonlySet<string>;
}

/** Makes definitions of the contexts that have a query. */
export async function gitInputs(
  { context, contexts, dockerfile, args }: Pick<
    BuildSpec,
    "context" | "contexts" | "dockerfile" | "args"
  >,
): Promise<GitInputs> {
  const definitions = new Map<string, Uint8Array>();
  const attrs: Record<string, string | undefined> = {};
  const needless = new Set<string>();
  if (context.kind === "remote") {
    const keepGitDir = readBool(args.get("BUILDKIT_CONTEXT_KEEP_GIT_DIR") ?? "") ?? false;
    const definition = await gitInput(context.url, keepGitDir);
    if (definition !== undefined) {
      definitions.set("context", definition);
      if (dockerfile.kind === "inside") definitions.set("dockerfile", definition);
      attrs["context"] = undefined;
      attrs["input:context"] = context.url;
      needless.add(QUERY_CAPABILITY);
    }
  }
  let isLeft = false;
  for (const { name, source } of contexts) {
    if (source.kind !== "remote" || !hasQuery(source.url)) continue;
    const definition = await gitInput(source.url, false);
    if (definition === undefined) {
      isLeft = true;
      continue;
    }
    const input = `git_state_context:${name}`;
    definitions.set(input, definition);
    attrs[`context:${name}`] = `input:${input}`;
    attrs[`input:context:${name}`] = source.url;
  }
  if (!isLeft) needless.add(`${QUERY_CAPABILITY}+forward`);
  return { definitions, attrs, needless };
}

/**
 * Makes the definition that fetches such a URL. Undefined for a URL without a query, for one with a
 * fragment, too, and for ssh, whose host keys only the daemon's frontend looks up. Undefined also
 * for an unknown query: the frontend reports it.
 * @param keepGitDir whether the build keeps `.git`
 */
async function gitInput(url: string, keepGitDir: boolean): Promise<Uint8Array | undefined> {
  const [, scheme, rest, query] = /^(https?|git):\/\/([^?#]+)\?([^#]+)$/.exec(url) ?? [];
  if (scheme === undefined || rest === undefined) return undefined;
  const wanted = readQuery(new URLSearchParams(query));
  if (wanted === undefined) return undefined;
  const { ref, subdir, attrs } = wanted;
  const fragment = subdir === "" ? ref : `${ref}:${subdir}`;
  const all: Record<string, string> = {
    "git.fullurl": `${scheme}://${rest}`,
    "git.authheadersecret": "GIT_AUTH_HEADER",
    "git.authtokensecret": "GIT_AUTH_TOKEN",
    ...keepGitDir && { "git.keepgitdir": "true" },
    ...attrs,
  };
  return await sourceDefinition(
    {
      identifier: `git://${rest.replace(/^[^/@]*@/, "")}${fragment && `#${fragment}`}`,
      attrs: all,
    },
    `[internal] load git source ${url}`,
    ["source.git", ...capabilitiesOf(all, subdir)],
  );
}

interface Wanted {
  readonly ref: string;
  readonly subdir: string;
  readonly attrs: Readonly<Record<string, string>>;
}

function readQuery(query: URLSearchParams): Wanted | undefined {
  const attrs: Record<string, string> = {};
  const refs: string[] = [];
  let subdir = "";
  for (const [key, value] of query) {
    const isOn = value === "" ? true : readBool(value);
    if (key === "ref") refs.push(value);
    else if (key === "tag") refs.push(`refs/tags/${value}`);
    else if (key === "branch") refs.push(`refs/heads/${value}`);
    else if (key === "subdir") subdir = value.replace(/^\/+|\/+$/g, "");
    else if (key === "checksum" || key === "commit") attrs["git.checksum"] = value;
    else if (isOn === undefined) return undefined;
    else if (key === "keep-git-dir") {
      if (isOn) attrs["git.keepgitdir"] = "true";
    } else if (key === "submodules") {
      if (!isOn) attrs["git.skipsubmodules"] = "true";
    } else return undefined;
  }
  return refs.length > 1 ? undefined : { ref: refs[0] ?? "", subdir, attrs };
}

const CAPABILITIES: Readonly<Record<string, string>> = {
  "git.fullurl": "source.git.fullurl",
  "git.keepgitdir": "source.git.keepgitdir",
  "git.authtokensecret": "source.git.httpauth",
  "git.checksum": "source.git.checksum",
  "git.skipsubmodules": "source.git.skipsubmodules",
};

function capabilitiesOf(attrs: Readonly<Record<string, string>>, subdir: string): string[] {
  const found = Object.keys(attrs).flatMap((key) => CAPABILITIES[key] ?? []);
  return subdir === "" ? found : [...found, "source.git.subdir"];
}
