/** The JSON of `--print`: the resolved targets as a definition. */
import { compareText } from "../hcl/values/text.ts";
import type { Resolved } from "../options.ts";
import type { Attribute } from "../attributes/attribute.ts";
import { type Json, prettyJson } from "../attributes/pretty_json.ts";
import { targetAttributes } from "../attributes/table.ts";
import type { Group, Target } from "../target.ts";

/** Ends with a newline. Names are sorted, and attributes are in the order of their table. */
export function printTargets({ targets, groups }: Pick<Resolved, "targets" | "groups">): string {
  const printed = new Map<string, Json>();
  if (groups.size > 0) printed.set("group", sorted(groups, groupJson));
  printed.set("target", sorted(targets, targetJson));
  return `${prettyJson(printed)}\n`;
}

function sorted<T>(map: ReadonlyMap<string, T>, json: (item: T) => Json): Map<string, Json> {
  const entries = [...map].sort(([a], [b]) => compareText(a, b));
  return new Map(entries.map(([name, item]) => [name, json(item)]));
}

function groupJson({ description, targets }: Group): Json {
  const json = new Map<string, Json>();
  if (description) json.set("description", description);
  json.set("targets", targets);
  return json;
}

/** A target's attributes, without those that are empty. */
function targetJson(target: Target): Map<string, Json> {
  const json = new Map<string, Json>();
  for (const [name, attribute] of Object.entries(targetAttributes)) {
    const field = target[name as keyof Target];
    const { print } = attribute as Attribute<unknown>;
    const value = field === undefined ? undefined : print(field);
    if (value !== undefined) json.set(name, value);
  }
  return json;
}
