import { readRecord } from "../../../builders/store/local_state.ts";
import type { Store } from "../../../builders/store/store.ts";
import type { HistoryRecord } from "./records.ts";

/**
 * The note that a machine keeps about a build that it starts, in `refs/BUILDER/NODE/REF` of the
 * store: the daemon never learns where the context was. The keys are those of the file, which
 * buildx shares.
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
  const json = readRecord(store.dir, [at.builder.name, at.node.name, record.Ref]);
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
  const json = readRecord(store.dir, ["__group__", state.GroupRef]);
  if (json === undefined) return undefined;
  const targets = texts(json["Targets"]);
  return { ...targets.length > 0 && { Targets: targets }, Refs: texts(json["Refs"]) };
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(text) : [];
}
