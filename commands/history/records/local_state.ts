import type { Store } from "../../../builders/store/store.ts";
import type { HistoryRecord } from "./records.ts";

/**
 * The note that a machine keeps about a build that it starts, in `refs/BUILDER/NODE/REF` of the store: the
 * daemon never learns where the context was. The keys are those of the file, which buildx shares.
 */
export interface LocalState {
  readonly Target: string;
  /** The context's path, or its address. */
  readonly LocalPath: string;
  /** Absolute, or as typed where the context is remote. */
  readonly DockerfilePath: string;
  /** The group of builds that one `bake` started. */
  readonly GroupRef?: string;
}

/** Builds that one `bake` started; `refs/__group__/REF`. */
export interface LocalGroup {
  readonly Targets?: readonly string[];
  readonly Refs: readonly string[];
}

/** The note about a build; undefined if it is missing or can't be read. */
export function readLocalState(
  store: Store,
  { at, record }: Pick<HistoryRecord, "at" | "record">,
): LocalState | undefined {
  const json = readJson(store, [at.builder.name, at.node.name, record.Ref]);
  if (json === undefined) return undefined;
  const { Target, LocalPath, DockerfilePath, GroupRef } = json;
  return {
    Target: text(Target),
    LocalPath: text(LocalPath),
    DockerfilePath: text(DockerfilePath),
    ...text(GroupRef) && { GroupRef: text(GroupRef) },
  };
}

/** The group that a build belongs to; undefined where there is none. */
export function readLocalGroup(
  store: Store,
  state: LocalState | undefined,
): LocalGroup | undefined {
  if (state?.GroupRef === undefined) return undefined;
  const json = readJson(store, ["__group__", state.GroupRef]);
  if (json === undefined) return undefined;
  const targets = texts(json["Targets"]);
  return { ...targets.length > 0 && { Targets: targets }, Refs: texts(json["Refs"]) };
}

/** Reads a file of the store. A daemon must not choose paths, so odd names are not looked up. */
function readJson(store: Store, parts: readonly string[]): Record<string, unknown> | undefined {
  if (store.dir === undefined || parts.some((part) => !/^[\w.-]+$/.test(part) || part === "..")) {
    return undefined;
  }
  try {
    const json: unknown = JSON.parse(Deno.readTextFileSync(store.path("refs", ...parts)));
    return typeof json === "object" && json !== null ? json as Record<string, unknown> : undefined;
  } catch {
    return undefined;
  }
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(text) : [];
}
