/**
 * Folders of this machine that a build reads and writes as OCI layouts: caches of the type `local`,
 * and outputs with `tar=false`. The daemon reads and writes their blobs by a store's id. The client
 * looks up a folder's tags before the build, and writes them after it.
 */
import type { Typed } from "../../buildkit/solve_request.ts";
import type { EngineOutput } from "../outputs/engine.ts";
import { parseBool } from "../../base/go/bool.ts";
import { UsageError } from "../../base/usage_error.ts";
import { openedPath } from "../../base/opened_path.ts";
import { parentOf } from "../../base/paths.ts";
import type { Answers } from "../results/result.ts";
import { exportedDescriptor } from "../../buildkit/registry/descriptor.ts";

/** The layouts of a build. */
export interface Layouts {
  /** Folder by store id; absolute. */
  readonly stores: ReadonlyMap<string, string>;
  /** The ids of the stores that are written. */
  readonly writable: ReadonlySet<string>;
  /** The caches to read, without those that do not exist yet. */
  readonly cacheFrom: readonly Typed[];
  /** After a good build: writes the indexes of the folders. */
  commit(answers: Answers, warn: (text: string) => void): Promise<void>;
}

/** A folder that a cache is written to. */
interface CacheFolder {
  /** As it was typed. */
  readonly dest: string;
  readonly folder: string;
  readonly tag: string;
  readonly reset: boolean;
}

const none = (cacheFrom: readonly Typed[]): Layouts => ({
  stores: new Map(),
  writable: new Set(),
  cacheFrom,
  commit: () => Promise.resolve(),
});

/**
 * Checks the layouts to read, and writes nothing yet. A cache that does not exist gets a warning
 * and is left out, because the very first build has none. Throws `UsageError`.
 */
export async function findLayouts(
  build: {
    readonly cacheFrom: readonly Typed[];
    readonly cacheTo: readonly Typed[];
    readonly outputs: readonly Pick<EngineOutput, "target">[];
  },
  cwd: string,
  warn: (text: string) => void,
): Promise<Layouts> {
  const outputs = build.outputs.flatMap(({ target }) => target.to === "layout" ? target.path : []);
  const others = build.outputs.filter(({ target }) => target.to === "containerd").length;
  if (outputs.length + others > 1) {
    throw new UsageError(
      "only one output can have tar=false or go into containerd: the daemon accepts one such store",
      "leave tar=false out of one of them, and unpack its tar",
    );
  }
  const local = ({ type }: Typed) => type === "local";
  if (outputs.length === 0 && ![...build.cacheFrom, ...build.cacheTo].some(local)) {
    return none(build.cacheFrom);
  }
  const index = await import("../../buildkit/session/oci_index.ts");
  const stores = new Map<string, string>();
  const writable = new Set<string>(outputs.length > 0 ? ["export"] : []);
  const caches: CacheFolder[] = [];
  for (const { attrs } of build.cacheTo.filter(local)) {
    const dest = attrs["dest"]!;
    const folder = openedPath(dest, cwd);
    checkFolder(dest, cwd);
    stores.set(`local:${dest}`, folder);
    writable.add(`local:${dest}`);
    caches.push({ dest, folder, tag: attrs["tag"] ?? "latest", reset: resets(attrs["reset"]) });
  }
  const cacheFrom = build.cacheFrom.flatMap((cache) => {
    if (!local(cache)) return [cache];
    const src = cache.attrs["src"]!;
    const folder = openedPath(src, cwd);
    try {
      const digest = index.cacheDigest(folder, cache.attrs["tag"], cache.attrs["digest"]);
      stores.set(`local:${src}`, folder);
      return [{ ...cache, attrs: { ...cache.attrs, digest } }];
    } catch (error) {
      const why = asTyped(error, folder, src);
      const cause = why.startsWith("could not read") ? " due to err" : "";
      warn(`local cache import at ${src} skipped${cause}: ${why}`);
      return [];
    }
  });
  const output = outputs[0] === undefined ? undefined : openedPath(outputs[0], cwd);
  if (output !== undefined) stores.set("export", output);
  return {
    stores,
    writable,
    cacheFrom,
    async commit(answers, warn) {
      const cache = answers["cache.manifest"];
      if (cache !== undefined) {
        for (const { folder, tag } of caches) {
          await index.putManifest(folder, JSON.parse(cache), [{ tag }]);
        }
      }
      const descriptor = exportedDescriptor(answers);
      if (output !== undefined && descriptor !== undefined) {
        const names = answers["image.name"]?.split(",").map((name) => ({ name }));
        await index.putManifest(output, { ...descriptor }, names ?? [{ tag: "latest" }]);
      }
      for (const { dest, folder, reset } of caches) {
        if (!reset) continue;
        const { removeUnused } = await import("../../buildkit/session/oci_prune.ts");
        try {
          removeUnused(folder);
        } catch (error) {
          // This is no error: a build without steps writes no cache.
          warn(`failed to reset cache store: ${asTyped(error, folder, dest)}`);
        }
      }
    },
  };
}

/** An error's message, with the folder as it was typed. */
function asTyped(error: unknown, folder: string, typed: string): string {
  return (error as Error).message.replaceAll(`${folder}/`, `${typed.replace(/\/+$/, "")}/`);
}

/** Throws `UsageError`, before the build, where a file is in the way of a cache folder. */
function checkFolder(typed: string, cwd: string): void {
  try {
    if (Deno.statSync(openedPath(typed, cwd)).isDirectory) return;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotADirectory)) return;
    return checkFolder(parentOf(typed), cwd);
  }
  throw new UsageError(
    `mkdir ${typed}: not a directory`,
    "name a folder, or a path for a new folder",
  );
}

function resets(text: string | undefined): boolean {
  try {
    return parseBool(text ?? "false");
  } catch (error) {
    throw new UsageError(`failed to parse reset attribute: ${(error as Error).message}`);
  }
}
