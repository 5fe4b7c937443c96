/** Compares two builds: the steps that ran in one of them and were cached in the other, and why. */
import { placeOf } from "../../../progress/timeline/step_place.ts";
import { stepTime } from "../../../progress/timeline/summary.ts";
import type { Step } from "../../../progress/timeline/timeline.ts";
import type { Layer, StepFacts } from "../records/provenance.ts";
import { plainDigest, type RecordedBuild } from "../records/recorded_build.ts";
import { argumentChanges, type InputChange, materialChanges } from "./input_changes.ts";
import type { FileChanges } from "./layer_files.ts";
import { matchSteps, plainName, type StepPair } from "./match_steps.ts";

/** The part of a recorded build that a comparison needs. */
export type ComparedBuild = Pick<
  RecordedBuild,
  "timeline" | "attrs" | "provenance" | "outcome"
>;

export interface Comparison {
  readonly rows: readonly StepRow[];
  /** Inputs of the whole build that differ. */
  readonly inputs: readonly InputChange[];
  /** Sentences that say which facts a record lacks. */
  readonly lacking: readonly string[];
}

export interface StepRow extends StepPair {
  readonly name: string;
  /** Milliseconds that the step took in each build; 0 for one that was cached or missing. */
  readonly timeA: number;
  readonly timeB: number;
  /**
   * The reasons why the second build ran the step, or why it didn't have to when the first one did.
   */
  readonly causes: readonly Cause[];
}

export type Cause =
  | {
    readonly kind:
      | "instruction"
      | "build argument"
      | "environment"
      | "base image"
      | "source"
      | "platform";
    readonly name: string;
    readonly a: string;
    readonly b: string;
  }
  /** A step whose result it needs ran. */
  | { readonly kind: "follows"; readonly step: string }
  /**
   * It reads files of the context; the layers tell which of them changed, if both builds have them.
   */
  | {
    readonly kind: "context";
    readonly layers?: { readonly a: Layer; readonly b: Layer };
    /** Filled in by `compareFiles`. */
    readonly files?: FileChanges;
  }
  | { readonly kind: "new" }
  | { readonly kind: "no-cache" }
  /**
   * The second build found a result in the cache: that of the first build, if the digest is the
   * same.
   */
  | { readonly kind: "reused"; readonly isOwn: boolean }
  /** Nothing that the records tell has changed, so the cache had no result for the step. */
  | { readonly kind: "unknown"; readonly isElsewhere: boolean };

/**
 * @param a the earlier build
 * @param isElsewhere the builds ran on different builders or nodes, so the second one has another
 * cache
 */
export function compareBuilds(
  a: ComparedBuild,
  b: ComparedBuild,
  isElsewhere = false,
): Comparison {
  const pairs = matchSteps(a.timeline.steps, b.timeline.steps);
  const byDigest = new Map(
    pairs.flatMap((pair) => pair.b === undefined ? [] : [[pair.b.digest, pair] as const]),
  );
  const known = new Map<StepPair, Cause[]>();
  const explain = explainer({ a, b, isElsewhere }, (digest) => {
    const pair = byDigest.get(digest);
    return pair === undefined ? undefined : { pair, causes: known.get(pair) };
  });
  // Inputs end before the steps that need them begin, so their causes are known first.
  const inOrder = pairs.toSorted((x, y) => beginning(x) - beginning(y));
  for (const pair of inOrder) known.set(pair, explain(pair));
  return {
    rows: pairs.map((pair): StepRow => ({
      ...pair,
      name: (pair.b ?? pair.a)!.name,
      timeA: timeOf(pair.a),
      timeB: timeOf(pair.b),
      causes: known.get(pair) ?? [],
    })),
    inputs: [...argumentChanges(a.attrs, b.attrs), ...materialChanges(a.provenance, b.provenance)],
    lacking: lackingFacts(a, b),
  };
}

function beginning({ a, b }: StepPair): number {
  return (b ?? a)!.bars.at(-1)!.stop;
}

/** Milliseconds that a step ran; a cached one costs nothing. */
function timeOf(step: Step | undefined): number {
  return step === undefined || step.outcome === "cached" ? 0 : stepTime(step);
}

/** Steps of the frontend and exports run in every build. */
export function isOwnWork(name: string): boolean {
  const { index, stage } = placeOf(name);
  return index > 0 && stage !== "internal";
}

type Known = { readonly pair: StepPair; readonly causes: readonly Cause[] | undefined };

/** The number of steps that are looked at for the inputs of one: hostile ones may be endless. */
const MOST = 10_000;

function explainer(
  { a, b, isElsewhere }: {
    readonly a: ComparedBuild;
    readonly b: ComparedBuild;
    readonly isElsewhere: boolean;
  },
  find: (digest: string) => Known | undefined,
): (pair: StepPair) => Cause[] {
  const args = argumentChanges(a.attrs, b.attrs);
  const factsOf = (build: ComparedBuild, step: Step) =>
    build.provenance?.steps.get(plainDigest(step.digest));
  const noCache = b.attrs["no-cache"];
  const platforms = { a: a.attrs["platform"] ?? "", b: b.attrs["platform"] ?? "" };
  return (pair) => {
    if (pair.b === undefined || !isOwnWork(pair.b.name)) return [];
    const place = placeOf(pair.b.name);
    const own: Cause[] = pair.a === undefined
      ? [{ kind: "new" }]
      : ownCauses(pair.a, pair.b, [factsOf(a, pair.a), factsOf(b, pair.b)], args);
    if (pair.b.outcome === "cached") {
      if (pair.a === undefined || pair.a.outcome === "cached") return [];
      return [...own, { kind: "reused", isOwn: pair.a.digest === pair.b.digest }];
    }
    // An image is looked up in every build.
    if (own.length > 0 || place.text.startsWith("FROM ")) return own;
    const stages = noCache?.split(",").map((stage) => stage.toLowerCase()) ?? [];
    if (noCache === "" || stages.includes(place.stage)) return [{ kind: "no-cache" }];
    const earlier = inputsThatRan(pair.b, find);
    if (earlier.length > 0) return earlier.map((step) => ({ kind: "follows", step }));
    if (pair.a !== undefined && readsContext(factsOf(b, pair.b), place.text)) {
      const [before, now] = [factsOf(a, pair.a)?.layer, factsOf(b, pair.b)?.layer];
      if (before === undefined || now === undefined) return [{ kind: "context" }];
      if (before.digest !== now.digest) {
        return [{ kind: "context", layers: { a: before, b: now } }];
      }
    }
    if (platforms.a !== platforms.b) return [{ kind: "platform", name: "", ...platforms }];
    return [{ kind: "unknown", isElsewhere }];
  };
}

/** The names of the nearest inputs that ran themselves for a reason. */
function inputsThatRan(step: Step, find: (digest: string) => Known | undefined): string[] {
  const found = new Set<string>();
  const seen = new Set<string>();
  const open = [...step.inputs];
  const copies = placeOf(step.name).text.startsWith("COPY --from=");
  for (let digest = open.pop(); digest !== undefined && seen.size < MOST; digest = open.pop()) {
    if (seen.has(digest)) continue;
    seen.add(digest);
    const known = find(digest);
    const input = known?.pair.b;
    if (input === undefined || input.outcome === "cached") continue;
    const { causes = [] } = known!;
    // A step that runs in every build stands for its own inputs.
    if (causes.length === 0) open.push(...input.inputs);
    // BuildKit looks for RUN by the instructions before it: that one of them ran again matters only
    // to a step that is looked for by the files that it copies.
    else if (copies || causes.some(({ kind }) => kind !== "unknown")) found.add(input.name);
  }
  return [...found];
}

type ValueChange = Extract<Cause, { readonly a: string }>;

function ownCauses(
  a: Step,
  b: Step,
  [factsA, factsB]: readonly [StepFacts | undefined, StepFacts | undefined],
  args: readonly InputChange[],
): Cause[] {
  const [textA, textB] = [a, b].map(({ name }) => plainName(placeOf(name).text)) as [
    string,
    string,
  ];
  if (textB.startsWith("FROM ") && textA.startsWith("FROM ")) return imageChanges(a, b);
  const values = factsA === undefined || factsB === undefined
    ? []
    : environmentChanges(factsA.operation.env, factsB.operation.env, args);
  if (textA !== textB) {
    // The frontend puts the values of arguments into the names of steps.
    const inNames = args.filter((arg) => arg.kind === "build argument").map((arg): ValueChange => ({
      ...arg,
      kind: "build argument",
    }));
    const named = new Set(values.map(({ name }) => name));
    const used = [...values, ...inNames.filter(({ name }) => !named.has(name))]
      .filter((change) => change.a !== "" && textA.includes(change.a));
    if (differsOnlyBy(textA, textB, used)) return used;
    return [{ kind: "instruction", name: "", a: textA, b: textB }];
  }
  if (values.length > 0 || factsA === undefined || factsB === undefined) return values;
  const [operationA, operationB] = [factsA.operation, factsB.operation];
  if (operationA.identifier !== operationB.identifier) {
    return [{ kind: "source", name: "", a: operationA.identifier, b: operationB.identifier }];
  }
  // Mounts, the user, the network and the like, which the step's name doesn't show.
  return operationA.rest === operationB.rest
    ? []
    : [{ kind: "instruction", name: "options", a: operationA.rest, b: operationB.rest }];
}

function environmentChanges(
  a: ReadonlyMap<string, string>,
  b: ReadonlyMap<string, string>,
  args: readonly InputChange[],
): ValueChange[] {
  return [...new Set([...a.keys(), ...b.keys()])].flatMap((name): ValueChange[] => {
    if (a.has(name) === b.has(name) && a.get(name) === b.get(name)) return [];
    const isArgument = args.some((arg) => arg.kind === "build argument" && arg.name === name);
    const kind = isArgument ? "build argument" : "environment";
    return [{ kind, name, a: a.get(name) ?? "", b: b.get(name) ?? "" }];
  });
}

/** More places would let a hostile text keep the pattern busy endlessly. */
const MOST_PLACES = 12;

/** Whether the texts are the same but for values that changed. */
function differsOnlyBy(a: string, b: string, changes: readonly ValueChange[]): boolean {
  if (changes.length === 0) return false;
  const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\\/]/g, "\\$&");
  const values = new RegExp(changes.map((change) => escaped(change.a)).join("|"), "g");
  const places = [...a.matchAll(values)];
  if (places.length > MOST_PLACES) return false;
  let [pattern, end] = ["", 0];
  for (const { 0: value, index } of places) {
    const now = changes.filter((change) => change.a === value).map((change) => escaped(change.b));
    pattern += `${escaped(a.slice(end, index))}(?:${[escaped(value), ...now].join("|")})`;
    end = index + value.length;
  }
  return new RegExp(`^${pattern}${escaped(a.slice(end))}$`, "s").test(b);
}

function imageChanges(a: Step, b: Step): Cause[] {
  const imageOf = ({ name }: Step) => placeOf(name).text.slice("FROM ".length);
  const [imageA, imageB] = [imageOf(a), imageOf(b)];
  if (imageA === imageB) return [];
  if (plainName(imageA) !== plainName(imageB)) {
    return [{ kind: "base image", name: "", a: plainName(imageA), b: plainName(imageB) }];
  }
  return [{
    kind: "base image",
    name: plainName(imageB),
    a: digestOf(imageA),
    b: digestOf(imageB),
  }];
}

function digestOf(text: string): string {
  return /sha256:[0-9a-f]{64}/.exec(text)?.[0] ?? "";
}

function readsContext(facts: StepFacts | undefined, text: string): boolean {
  if (facts !== undefined) return facts.reads.some((identifier) => identifier.startsWith("local:"));
  return /^(?:COPY|ADD) (?!--from=)/.test(text) || /--mount=\S*type=bind/.test(text);
}

function lackingFacts(a: ComparedBuild, b: ComparedBuild): string[] {
  const lacking: string[] = [];
  for (const [name, build] of [["A", a], ["B", b]] as const) {
    if (build.outcome !== "finished") {
      const how = build.outcome === "failed" ? "failed" : "was canceled";
      lacking.push(`${name} ${how}, so its time is not that of a whole build.`);
    }
    if (build.timeline.steps.length === 0) {
      lacking.push(
        `The record of ${name} has no steps: its log is gone, or the build never started.`,
      );
    } else if (build.provenance === undefined) {
      lacking.push(
        `The record of ${name} has no provenance${
          build.outcome === "finished" ? "" : `, because the build was not finished`
        }: build arguments and options of single steps can't be compared.`,
      );
    }
  }
  return lacking;
}
