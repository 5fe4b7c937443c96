import { newId } from "../../base/identity.ts";
import { UsageError } from "../../base/usage_error.ts";
import { resolveLayout } from "../../buildkit/session/oci_layout.ts";
import { hasQuery, QUERY_CAPABILITY } from "../spec/remote.ts";
import type { NamedContext } from "../spec/source.ts";

/**
 * The named contexts of a build, and the attributes that describe them to the daemon and the
 * frontend.
 */
export interface NamedInputs {
  /** Folder by mount name; absolute. */
  readonly mounts: ReadonlyMap<string, string>;
  readonly attrs: Readonly<Record<string, string>>;
  readonly caps: readonly string[];
  /** OCI layout by store id; absolute. */
  readonly stores: ReadonlyMap<string, string>;
  /** Names of contexts that are other targets' results, with the names of those targets. */
  readonly links: ReadonlyMap<string, string>;
}

/** The options of `namedInputs` besides the contexts. */
export interface NamedOptions {
  /** Ties the daemon's copy of a folder to the next build of it. */
  sharedKey(folder: string): string;
  /** The other targets; only bake has some. */
  readonly targets: ReadonlySet<string>;
}

/** Throws `UsageError` for a target or a folder that does not exist, `LayoutError` for a layout. */
export function namedInputs(
  contexts: readonly NamedContext[],
  { sharedKey, targets }: NamedOptions,
): NamedInputs {
  const mounts = new Map<string, string>();
  const stores = new Map<string, string>();
  const links = new Map<string, string>();
  const attrs: Record<string, string> = {};
  const caps = new Set<string>();
  for (const { name, source } of contexts) {
    const key = `context:${name}`;
    caps.add("moby.buildkit.frontend.contexts+forward");
    switch (source.kind) {
      case "none":
        throw source.error;
      case "target":
        requireTarget(source.target, name, targets);
        links.set(name, source.target);
        // At run time, the target's result replaces this value.
        attrs[key] = `target:${source.target}`;
        break;
      case "remote":
        if (hasQuery(source.url)) caps.add(`${QUERY_CAPABILITY}+forward`);
        attrs[key] = source.url;
        break;
      case "image":
        attrs[key] = source.url;
        break;
      case "layout": {
        const { typed, ref, path } = source;
        const digest = resolveLayout(path, ref, typed);
        const id = newId();
        stores.set(`oci:${id}`, path);
        attrs[key] = `oci-layout://${id}${ref.tag && `:${ref.tag}`}@${digest}`;
        break;
      }
      case "folder": {
        // These two names are the build's own.
        const mount = name === "context" || name === "dockerfile" ? `_${name}` : name;
        mounts.set(mount, source.path);
        attrs[key] = `local:${mount}`;
        attrs[`sharedkey:localdir:${name}`] = sharedKey(source.path);
      }
    }
  }
  return { mounts, attrs, caps: [...caps], stores, links };
}

function requireTarget(target: string, name: string, targets: ReadonlySet<string>): void {
  if (targets.has(target)) return;
  throw new UsageError(
    `failed to find target ${target} for context ${name}`,
    "only bake can use other targets: build that target first, and pass its result as " +
      "docker-image:// or oci-layout://",
  );
}
