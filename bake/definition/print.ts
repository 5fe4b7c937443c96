/** The JSON of `--print`: a definition again, with everything resolved. */
import { compareText } from "../hcl/text.ts";
import type { Resolved } from "../options.ts";
import type { Group, Policy, Resources, Target } from "../target.ts";
import { targetAttributes } from "./attributes.ts";
import { type Json, prettyJson } from "./pretty_json.ts";

/** With a newline at the end; names sorted, attributes in their own order. */
export function printTargets({ targets, groups }: Pick<Resolved, "targets" | "groups">): string {
  const printed = new Map<string, Json>();
  if (groups.size > 0) printed.set("group", sorted(groups, groupJson));
  printed.set("target", sorted(targets, targetJson));
  return `${prettyJson(printed)}\n`;
}

function sorted<T>(map: ReadonlyMap<string, T>, json: (of: T) => Json): Map<string, Json> {
  const entries = [...map].sort(([a], [b]) => compareText(a, b));
  return new Map(entries.map(([name, of]) => [name, json(of)]));
}

function groupJson({ description, targets }: Group): Json {
  const json = new Map<string, Json>();
  if (description) json.set("description", description);
  json.set("targets", targets);
  return json;
}

/** What could be taken for an interpolation, doubled where it will be read again. */
function escaped(text: string): string {
  return text.replace(/[$%](?=\{)/g, (sign) => sign + sign);
}

const escapedOnes = new Set(["annotations", "dockerfile-inline", "labels", "args", "extra-hosts"]);

/** A target's attributes, without those that are empty. */
export function targetJson(target: Target): Map<string, Json> {
  const json = new Map<string, Json>();
  for (const name of targetAttributes.keys() as Iterable<keyof Target & string>) {
    const value = attributeJson(name, target);
    if (value !== undefined) json.set(name, value);
  }
  return json;
}

function attributeJson(name: keyof Target & string, target: Target): Json | undefined {
  switch (name) {
    case "attest":
      return rows(target.attest, ({ type, disabled, attrs }) => {
        const all = new Map<string, Json>([...attrs, ["type", type]]);
        if (disabled) all.set("disabled", true);
        return sorted(all, (value) => value);
      });
    case "cache-from":
    case "cache-to":
      return rows(
        target[name],
        ({ type, attrs }) => sorted(new Map([...attrs, ["type", type]]), (value) => value),
      );
    case "output":
      return rows(target.output, ({ type, dest, attrs }) => {
        const all = new Map([...attrs, ["type", type]]);
        if (dest !== "") all.set("dest", dest);
        return sorted(all, (value) => value);
      });
    case "secret":
      return rows(target.secret, ({ id, src, env }) => filled({ id, src, env }));
    case "ssh":
      return rows(target.ssh, ({ id, paths }) => filled({ id, paths }));
    case "policy":
      return rows(target.policy, policyJson);
    case "resources":
      return target.resources && resourcesJson(target.resources);
  }
  const value = target[name] as Json | undefined;
  if (value === undefined) return undefined;
  const escape = escapedOnes.has(name) ? escaped : (text: string) => text;
  if (value instanceof Map) {
    if (value.size === 0) return undefined;
    return sorted(value as Map<string, string>, escape);
  }
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map(escape);
  if (typeof value !== "string") return value;
  return name === "description" && value === "" ? undefined : escape(value);
}

function rows<T>(all: readonly T[] | undefined, json: (of: T) => Json): Json | undefined {
  return all === undefined || all.length === 0 ? undefined : all.map(json);
}

/** Only what is not empty. */
function filled(all: Record<string, Json | undefined>): Map<string, Json> {
  return new Map(
    Object.entries(all).filter((entry): entry is [string, Json] =>
      entry[1] !== undefined && entry[1] !== "" && (entry[1] as []).length !== 0
    ),
  );
}

const resourceNames = [
  "memory",
  "memory-swap",
  "cpu-shares",
  "cpu-period",
  "cpu-quota",
  "cpuset-cpus",
  "cpuset-mems",
] as const;

function resourcesJson(resources: Resources): Json {
  const json = new Map<string, Json>();
  for (const name of resourceNames) {
    const value = resources[name];
    if (value !== undefined) json.set(name, value);
  }
  return json;
}

/** The original prints the fields of its own program, and so do we. */
function policyJson({ filenames, reset, disabled, strict, logLevel }: Policy): Json {
  const files = filenames.map((filename) =>
    new Map<string, Json>([["Filename", filename], ["Data", null]])
  );
  return new Map<string, Json>([
    ["Files", files.length === 0 ? null : files],
    ["Reset", reset],
    ["Disabled", disabled],
    ["Strict", strict ?? null],
    ["LogLevel", logLevel ?? null],
  ]);
}
