import { followHistory, listHistory } from "../../../buildkit/history.ts";
import { allBuilders } from "../../../builders/builder.ts";
import type { Store } from "../../../builders/store/store.ts";
import { type Deps, withChanges } from "../../../cli/deps.ts";
import type { GlobalValues } from "../../../cli/flags/spec.ts";
import { type Nodes, reachNodes } from "../../../cli/builders/reached_nodes.ts";
import { DialError } from "../../../transports/errors.ts";
import { messageOf } from "../../../cli/report.ts";
import { BuildHistoryEventType } from "../../../proto/gen/control.ts";
import { outputTo } from "../../../cli/output_to.ts";
import { createdAt, fullRef, type HistoryRecord } from "../records/records.ts";

/** The number of a node's records that are kept, the newest ones. */
const MOST_BUILDS = 1000;

/** The builds of all builders, which change as builds begin and end. */
export interface BuildsWatch {
  /** The builds, the newest first: each with its parts, as `partsOf` has them. */
  builds(): (readonly HistoryRecord[])[];
  /** The build with this reference (`BUILDER/NODE/NAME`). */
  find(ref: string): { readonly found: HistoryRecord; readonly nodes: Nodes } | undefined;
  /** The parts of a build: a record on each node that built it. */
  partsOf(found: HistoryRecord): HistoryRecord[];
  /** The builders that can't be asked, each with the reason. */
  problems(): readonly { readonly builder: string; readonly reason: string }[];
  /** The number of builders whose builds aren't known yet. */
  readonly pending: number;
  /** Calls `listener` after each change, until the returned function is called. */
  onChange(listener: () => void): () => void;
  /** Resolves when every builder has answered or failed. */
  readonly ready: Promise<void>;
  /** Resolves after the signal's abort, when every connection is closed. */
  readonly closed: Promise<void>;
}

/**
 * Follows the histories of all builders until the signal is aborted. A builder that can't be
 * reached becomes a problem, and delays no other.
 */
export function watchBuilds(deps: Deps, global: GlobalValues, store: Store): BuildsWatch {
  const records = new Map<string, { found: HistoryRecord; nodes: Nodes }>();
  const problems: { builder: string; reason: string }[] = [];
  const listeners = new Set<() => void>();
  const changed = () => listeners.forEach((listener) => listener());
  // The pages name what failed; nothing is printed while they are looked at.
  const quiet = withChanges(deps, { stderr: outputTo(() => {}) });
  const builders = allBuilders(store, deps.env);
  let pending = builders.length;
  const running: Promise<void>[] = [];
  const all = builders.map(async ({ name, origin }) => {
    const answered = Promise.withResolvers<void>();
    const follow = async () => {
      try {
        await using nodes = await reachNodes(quiet, { ...global, builder: name });
        await followNodes(nodes, records, deps.signal, () => {
          answered.resolve();
          changed();
        });
        nodes.check();
      } catch (error) {
        // Docker's context `default` exists even without docker.
        const isMissing = origin === "docker context" && hasNoEngine(error);
        if (!deps.signal.aborted && !isMissing) {
          problems.push({ builder: name, reason: messageOf(error) });
        }
      }
      answered.resolve();
      changed();
    };
    running.push(follow());
    await answered.promise;
    pending--;
    changed();
  });
  return {
    builds: () => {
      const all = [...records.values()].map(({ found }) => found)
        .sort((a, b) => Number(createdAt(b.record) - createdAt(a.record)));
      return [...Map.groupBy(all, buildOf).values()];
    },
    find: (ref) => records.get(ref),
    partsOf: (found) =>
      [...records.values()].map(({ found }) => found)
        .filter((other) => buildOf(other) === buildOf(found)),
    problems: () => problems,
    get pending() {
      return pending;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    ready: Promise.all(all).then(() => {}),
    closed: Promise.all(all).then(() => Promise.all(running)).then(() => {}),
  };
}

/** The build that a record is a part of: the parts on several nodes have one name. */
function buildOf({ at, record }: HistoryRecord): string {
  return `${at.builder.name}/${record.Ref}`;
}

function hasNoEngine(error: unknown): boolean {
  const { cause } = error as Error;
  return cause instanceof DialError && cause.code === "not-found";
}

async function followNodes(
  nodes: Nodes,
  records: Map<string, { found: HistoryRecord; nodes: Nodes }>,
  signal: AbortSignal,
  changed: () => void,
): Promise<void> {
  await nodes.each(signal, async (at) => {
    const own: string[] = [];
    const follow = followHistory(at.client, { Limit: MOST_BUILDS }, ({ type, record }) => {
      if (record === undefined) return;
      const found = { at, record, now: undefined };
      const ref = fullRef(found);
      if (type === BuildHistoryEventType.DELETED) records.delete(ref);
      else {
        if (!records.has(ref)) own.push(ref);
        records.set(ref, { found, nodes });
        if (own.length > MOST_BUILDS) records.delete(own.shift()!);
      }
      changed();
    }, { signal });
    // A daemon without builds sends nothing at all.
    await listHistory(at.client, { Limit: 1 }, { signal });
    changed();
    await follow;
  });
}
