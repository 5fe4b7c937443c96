/** Breakpoints by file. They become real once a build says where its steps are. */
import type { BuildDefinition } from "../definition.ts";
import { type Condition, parseCondition } from "./condition.ts";
import { baseName } from "../../base/paths.ts";

/** A breakpoint as the client sees it. */
export interface Breakpoint {
  readonly id: number;
  verified: boolean;
  /** Absent once it is verified. */
  reason?: "pending" | "failed";
  message?: string;
  line: number;
  endLine: number;
  source: { name: string; path: string };
}

interface Kept {
  readonly shown: Breakpoint;
  /** The line that the client asked for. */
  readonly asked: number;
  readonly condition: Condition | undefined;
  readonly conditionText: string;
  /** The condition can't be read. */
  readonly broken: boolean;
  /** The open builds that have an instruction there. */
  readonly builds: Set<BuildDefinition>;
}

/** The breakpoints of a session. */
export interface Breakpoints {
  /** Counts the calls of `set`. */
  readonly version: number;
  /** Replaces those of a file. */
  set(path: string, wanted: readonly { line: number; condition: string }[]): Breakpoint[];
  /** The breakpoint at each step of a build. Changes are reported to the client once. */
  match(definition: BuildDefinition, files: readonly string[]): ReadonlyMap<string, Match>;
  /** To be called at the end of a build. */
  leave(definition: BuildDefinition): void;
}

/** A breakpoint at a step. */
export interface Match {
  readonly id: number;
  readonly condition: Condition | undefined;
}

const key = (path: string) => path.toLowerCase();

/** @param changed is called with each breakpoint that has changed */
export function breakpointsOf(changed: (breakpoint: Breakpoint) => void): Breakpoints {
  const byFile = new Map<string, Kept[]>();
  let lastId = 0, version = 0;

  function settle(kept: Kept, place: Lines | undefined, path: string): void {
    const { shown } = kept;
    const isSame = place === undefined
      ? shown.reason === "failed"
      : shown.verified && shown.line === place.line && shown.endLine === place.endLine;
    if (isSame) return;
    shown.verified = place !== undefined;
    if (place === undefined) {
      shown.reason = "failed";
      shown.message = "no instruction of the build is there";
    } else {
      delete shown.reason;
      delete shown.message;
      shown.line = place.line;
      shown.endLine = place.endLine;
    }
    shown.source = { name: baseName(path), path };
    changed(shown);
  }

  return {
    get version() {
      return version;
    },
    set(path, wanted) {
      version++;
      const old = byFile.get(key(path)) ?? [];
      const kept = wanted.map(({ line, condition: conditionText }): Kept => {
        const same = old.find(({ shown, conditionText: text }) =>
          line >= shown.line && line <= shown.endLine && text === conditionText
        );
        if (same) return same;
        const condition = conditionText === "" ? undefined : parseCondition(conditionText);
        const shown: Breakpoint = {
          id: ++lastId,
          verified: false,
          reason: "pending",
          ...{ line, endLine: line, source: { name: baseName(path), path } },
        };
        const kept = { shown, asked: line, conditionText, builds: new Set<BuildDefinition>() };
        if (!(condition instanceof Error)) return { ...kept, condition, broken: false };
        shown.reason = "failed";
        shown.message = condition.message;
        return { ...kept, condition: undefined, broken: true };
      });
      byFile.set(key(path), kept);
      return kept.map(({ shown }) => ({ ...shown }));
    },
    match(definition, files) {
      const found = new Map<string, Match>();
      files.forEach((path, file) => {
        const places = linesOf(definition, file);
        const starts = fromLines(definition, file);
        for (const kept of byFile.get(key(path)) ?? []) {
          if (kept.broken) continue;
          const place = placeFor(kept.asked, places, starts);
          if (place === undefined) kept.builds.delete(definition);
          else kept.builds.add(definition);
          // The builds of other platforms may have other stages.
          if (place !== undefined || kept.builds.size === 0) settle(kept, place, path);
          for (const digest of place?.digests ?? []) {
            if (!found.has(digest)) {
              found.set(digest, { id: kept.shown.id, condition: kept.condition });
            }
          }
        }
      });
      return found;
    },
    leave(definition) {
      for (const kept of [...byFile.values()].flat()) kept.builds.delete(definition);
    },
  };
}

interface Lines {
  readonly line: number;
  readonly endLine: number;
  readonly digests: readonly string[];
}

/** The lines of each instruction that has steps, in order. */
function linesOf({ steps }: BuildDefinition, file: number): Lines[] {
  const byStart = new Map<number, { endLine: number; digests: string[] }>();
  for (const step of steps.values()) {
    for (const { file: own, range: { start, end } } of step.places) {
      if (own !== file || start === undefined) continue;
      const { line } = start;
      const endLine = Math.max(line, end?.line ?? 0);
      const entry = byStart.get(line) ?? { endLine, digests: [] };
      entry.endLine = Math.max(entry.endLine, endLine);
      entry.digests.push(step.digest);
      byStart.set(line, entry);
    }
  }
  return [...byStart].map(([line, rest]) => ({ line, ...rest })).sort((a, b) => a.line - b.line);
}

/** The lines on which stages begin. */
function fromLines({ files }: BuildDefinition, file: number): number[] {
  const text = new TextDecoder().decode(files[file]?.data);
  return text.split("\n").flatMap((line, at) => /^\s*FROM\s/i.test(line) ? at + 1 : []);
}

/** The instruction at a line, or the next one of the same stage: ENV and the like have no step. */
function placeFor(
  line: number,
  places: readonly Lines[],
  starts: readonly number[],
): Lines | undefined {
  if (line < 1) return undefined;
  const at = places.find((place) => line >= place.line && line <= place.endLine);
  if (at !== undefined) return at;
  const next = places.find((place) => place.line > line);
  const stage = starts.find((start) => start > line) ?? Infinity;
  return next !== undefined && (next.line < stage || !starts.some((start) => start <= line))
    ? next
    : undefined;
}
