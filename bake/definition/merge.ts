/**
 * What a later block, file, child or override does to what was there: some attributes replace, some
 * add, some go by key. Targets that are given are left as they are.
 */
import type { Target } from "../target.ts";

type Attributes = Omit<Target, "name">;
type Name = keyof Attributes;

const replace: readonly Name[] = [
  "context",
  "dockerfile",
  "dockerfile-inline",
  "tags",
  "cache-to",
  "target",
  "platforms",
  "output",
  "pull",
  "no-cache",
  "network",
  "shm-size",
  "call",
];
const append = [
  "inherits",
  "annotations",
  "no-cache-filter",
  "ulimits",
  "entitlements",
  "policy",
] as const;
const byKey = ["contexts", "args", "labels", "extra-hosts"] as const;

/** A target that has what the second one says on top of the first. */
export function merge(below: Target, above: Target): Target {
  const merged: Target = { ...below };
  const put = <K extends Name>(name: K, value: Attributes[K]) => {
    if (value !== undefined) (merged as Attributes)[name] = value;
  };
  for (const name of replace) put(name, above[name]);
  for (const name of append) {
    if (above[name] === undefined) continue;
    put(name, [...below[name] ?? [], ...above[name]] as never);
  }
  for (const name of byKey) {
    if (above[name] === undefined) continue;
    put(name, new Map([...below[name] ?? [], ...above[name]]));
  }
  if (above.description) merged.description = above.description;
  if (above.resources) merged.resources = { ...below.resources, ...above.resources };
  if (above["cache-from"]) {
    merged["cache-from"] = unlike([...below["cache-from"] ?? [], ...above["cache-from"]]);
  }
  if (above.attest) put("attest", lastOfEach([...below.attest ?? [], ...above.attest], "type"));
  if (above.secret) put("secret", lastOfEach([...below.secret ?? [], ...above.secret], "id"));
  if (above.ssh) put("ssh", lastOfEach([...below.ssh ?? [], ...above.ssh], "id"));
  if (above.base) mergeBase(merged, below, above);
  return merged;
}

/** Where contexts start from goes with the contexts. */
function mergeBase(merged: Target, below: Target, above: Target): void {
  const base = above.base!;
  const contexts = new Map(below.base?.contexts);
  for (const name of above.contexts?.keys() ?? []) {
    const folder = base.contexts.get(name);
    if (folder === undefined) contexts.delete(name);
    else contexts.set(name, folder);
  }
  const { context, contextOf } = above.context === undefined ? below.base ?? {} : base;
  merged.base = { contexts };
  const own = base.own ?? below.base?.own;
  if (own !== undefined) merged.base.own = own;
  if (context !== undefined) merged.base.context = context;
  if (contextOf !== undefined) merged.base.contextOf = contextOf;
}

/** One entry for each value of a key: the last, at the place of the first. */
export function lastOfEach<K extends string, T extends Record<K, string>>(
  entries: readonly T[],
  key: K,
): T[] {
  return [...new Map(entries.map((entry) => [entry[key], entry])).values()];
}

/** Removes what is there twice; the gap is filled from the end, as the original has it. */
export function unlike<T extends object>(entries: readonly T[]): T[] {
  const rest = [...entries];
  const keys = rest.map(entryKey);
  for (let i = rest.length - 2; i >= 0; i--) {
    const twin = keys.indexOf(keys[i]!, i + 1);
    if (twin < 0) continue;
    const last = rest.pop()!, lastKey = keys.pop()!;
    if (twin < rest.length) [rest[twin], keys[twin]] = [last, lastKey];
  }
  return rest;
}

function entryKey(entry: object): string {
  return JSON.stringify(
    entry,
    (_, value) => value instanceof Map ? [...value].sort(([a], [b]) => a < b ? -1 : 1) : value,
  );
}

/** Without doubles and empty ones. */
export function uniqueTexts(texts: readonly string[]): string[] {
  return [...new Set(texts)].filter((text) => text !== "");
}

/** What is done to every target once all is merged into it. */
export function normalize(target: Target): void {
  for (
    const name of ["annotations", "tags", "platforms", "no-cache-filter", "ulimits"] as const
  ) {
    if (target[name] !== undefined) target[name] = uniqueTexts(target[name]);
  }
  for (const name of ["cache-from", "cache-to"] as const) {
    if (target[name] !== undefined) target[name] = unlike(target[name]);
  }
  if (target.output !== undefined) target.output = unlike(target.output);
  const { attest, secret, ssh } = target;
  if (attest !== undefined) target.attest = lastOfEach(attest, "type");
  if (secret !== undefined) target.secret = lastOfEach(secret, "id");
  if (ssh !== undefined) target.ssh = lastOfEach(ssh, "id");
  const entitlements = [...target.entitlements ?? []];
  if (target.network === "host") entitlements.push("network.host");
  if (entitlements.length > 0) target.entitlements = uniqueTexts(entitlements);
  if (target.contexts !== undefined) {
    target.contexts = new Map([...target.contexts].filter(([, value]) => value !== ""));
  }
}
