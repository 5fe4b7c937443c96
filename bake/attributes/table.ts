/**
 * The attributes of targets and groups. An entry has all rules of an attribute: how it is read,
 * merged, overridden and printed. The order is that of `--print`.
 */
import type { Group, Target } from "../target.ts";
import { append, type Attribute } from "./attribute.ts";
import { attest, cacheFrom, cacheTo, output, policy, secret, ssh } from "./entries.ts";
import { bool, description, text, textMap, texts, uniqueTexts } from "./plain.ts";
import { resources } from "./resources.ts";

/** The attributes that a bake file can give a target. */
export type Fields = Omit<Target, "name" | "base">;

export const targetAttributes: {
  readonly [K in keyof Fields]-?: Attribute<NonNullable<Fields[K]>>;
} = {
  description,
  inherits: texts(undefined, { merge: append, keeps: true }),
  annotations: texts("annotations", { merge: append, escapes: true, always: true }),
  attest,
  context: text("context"),
  contexts: textMap("contexts", {
    nullable: false,
    tidy: (field) => new Map([...field].filter(([, value]) => value !== "")),
  }),
  dockerfile: text("dockerfile"),
  "dockerfile-inline": text(undefined, { escapes: true }),
  args: textMap("args", { escapes: true }),
  labels: textMap("labels", { escapes: true }),
  tags: texts("tags"),
  "cache-from": cacheFrom,
  "cache-to": cacheTo,
  target: text("target"),
  secret,
  ssh,
  platforms: texts("platform"),
  output,
  pull: bool("pull"),
  "no-cache": bool("no-cache"),
  network: text("network"),
  "no-cache-filter": texts("no-cache-filter", { merge: append }),
  "shm-size": text("shm-size"),
  ulimits: texts("ulimits", { merge: append }),
  resources,
  call: text("call"),
  entitlements: texts("entitlements", { merge: append, always: true }),
  "extra-hosts": textMap("extra-hosts", { escapes: true }),
  policy,
};

export const groupAttributes: {
  readonly [K in keyof Omit<Group, "name">]-?: Attribute<NonNullable<Group[K]>>;
} = {
  description,
  targets: texts(undefined, { keeps: true }),
};

/** The table for code that treats all attributes alike. The types of attribute and field agree. */
// deno-lint-ignore no-explicit-any
const all = Object.entries(targetAttributes) as [string, Attribute<any>][];

/** Merges the second target over the first. Both stay unchanged. */
export function mergeFields<T extends Fields>(below: T, above: Fields): T {
  const [under, over] = [below, above] as Record<string, unknown>[];
  const merged = Object.fromEntries(
    all.filter(([name]) => over![name] !== undefined)
      .map(([name, { merge }]) => [name, merge(under![name], over![name])]),
  );
  return { ...below, ...merged };
}

/** Applies `tidy` to the fields of a target after all merges. */
export function tidyFields(target: Fields): void {
  const fields = target as Record<string, unknown>;
  for (const [name, { tidy }] of all) {
    if (tidy && fields[name] !== undefined) fields[name] = tidy(fields[name]);
  }
  // To use the host's network is a permission.
  if (target.network !== "host") return;
  target.entitlements = uniqueTexts([...target.entitlements ?? [], "network.host"]);
}
