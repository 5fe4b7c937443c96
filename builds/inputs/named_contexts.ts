/** `--build-context`: what each named context is on this side, and how the frontend is told of it. */
import { newId } from "../../base/identity.ts";
import { parseLayoutRef, resolveLayout } from "../../buildkit/session/oci_layout.ts";
import type { NamedContext } from "../spec/build_context.ts";
import { UsageError } from "../../base/usage_error.ts";
import { statOf } from "./dockerfile.ts";
import { openedPath } from "../../base/opened_path.ts";
import { absolutePath } from "../../base/paths.ts";
import { hasQuery, isRemote } from "./remote.ts";

/** Named contexts, understood. */
export interface NamedInputs {
  /** Folder by mount name; absolute. */
  readonly mounts: ReadonlyMap<string, string>;
  readonly attrs: Readonly<Record<string, string>>;
  readonly caps: readonly string[];
  /** OCI layout by store id; absolute. */
  readonly stores: ReadonlyMap<string, string>;
  /** Those that are other targets' results: the target's name by the context's. */
  readonly links: ReadonlyMap<string, string>;
}

/** What looking at them goes by. */
export interface NamedOptions {
  readonly cwd: string;
  /** Of a folder: ties the daemon's copy of it to the next build of it. */
  sharedKey(folder: string): string;
  /** The other targets; there are none but in bake. */
  readonly targets: ReadonlySet<string>;
}

/** Looks at what the contexts name. */
export function namedContexts(
  contexts: readonly NamedContext[],
  { cwd, sharedKey, targets }: NamedOptions,
): NamedInputs {
  const mounts = new Map<string, string>();
  const stores = new Map<string, string>();
  const links = new Map<string, string>();
  const attrs: Record<string, string> = {};
  const caps = new Set<string>();
  for (const { name, value } of contexts) {
    const key = `context:${name}`;
    caps.add("moby.buildkit.frontend.contexts+forward");
    if (value.startsWith("target:")) {
      const target = value.slice("target:".length);
      if (targets.has(target)) {
        links.set(name, target);
        // Until the engine has its result.
        attrs[key] = value;
        continue;
      }
      throw new UsageError(
        `failed to find target ${target} for context ${name}`,
        "only bake has other targets: build it by itself, and give its result as docker-image:// or " +
          "oci-layout://",
      );
    }
    if (isRemote(value) || value.startsWith("docker-image://")) {
      attrs[key] = value;
      if (isRemote(value) && hasQuery(value)) {
        caps.add("moby.buildkit.frontend.gitquerystring+forward");
      }
      continue;
    }
    const layout = parseLayoutRef(value);
    if (layout) {
      const folder = absolutePath(layout.path, cwd);
      const digest = resolveLayout(folder, layout, value);
      const id = newId();
      stores.set(`oci:${id}`, folder);
      attrs[key] = `oci-layout://${id}${layout.tag && `:${layout.tag}`}@${digest}`;
      continue;
    }
    const folder = namedFolder(name, value, cwd);
    // These two names are the build's own.
    const mount = name === "context" || name === "dockerfile" ? `_${name}` : name;
    mounts.set(mount, folder);
    attrs[key] = `local:${mount}`;
    attrs[`sharedkey:localdir:${name}`] = sharedKey(folder);
  }
  return { mounts, attrs, caps: [...caps], stores, links };
}

function namedFolder(name: string, value: string, cwd: string): string {
  const folder = openedPath(value, cwd);
  const stat = value === "" ? undefined : statOf(folder);
  if (!stat) {
    throw new UsageError(
      `failed to get build context ${name}: stat ${value}: no such file or directory`,
      "it is a folder, a URL, docker-image://NAME or oci-layout://PATH",
    );
  }
  if (!stat.isDirectory) {
    throw new UsageError(
      `failed to get build context path {${value} <nil>}: not a directory`,
      `the context ${name} has to be a folder`,
    );
  }
  return folder;
}
