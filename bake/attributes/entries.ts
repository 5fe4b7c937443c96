/** Attributes that are lists: of caches, outputs, attestations, secrets, agents and policies. */
import { parseBool } from "../../base/go/bool.ts";
import { quote } from "../../base/go/quote.ts";
import { type Attestation, parseAttestation } from "../../grammar/attestation.ts";
import { type CacheEntry, parseCache, parseCaches } from "../../grammar/cache.ts";
import { type OutputEntry, parseOutput } from "../../grammar/output.ts";
import { take } from "../../grammar/pairs.ts";
import { parsePolicy, type PolicyEntry, policyOf } from "../../grammar/policy.ts";
import { parseSecret, type SecretEntry } from "../../grammar/secret.ts";
import { type AgentEntry, parseAgent } from "../../grammar/ssh.ts";
import { BakeError } from "../error.ts";
import { ConversionError, convert } from "../hcl/values/convert.ts";
import { toJson } from "../hcl/values/json_text.ts";
import { mismatch } from "../hcl/values/mismatch.ts";
import { compareText } from "../hcl/values/text.ts";
import { isPrimitive, list, map, object, STRING, type Type } from "../hcl/values/type.ts";
import {
  elementsOf,
  entriesOf,
  listOf,
  mapOf,
  objectOf,
  primitiveText,
  stringOf,
  type Value,
} from "../hcl/values/value.ts";
import {
  append,
  type Attribute,
  lastOfEach,
  listSetter,
  readEach,
  replace,
  type Setter,
  withoutDuplicates,
} from "./attribute.ts";
import { notNull } from "./plain.ts";
import type { Json } from "./pretty_json.ts";
import { optionalFields } from "./resources.ts";

const STRINGS = map(STRING);
const SECRET = { id: STRING, src: STRING, env: STRING };
const AGENT = { id: STRING, paths: list(STRING) };

/** The rules of an attribute that is a list of entries of type `T`. */
interface EntryRules<T> {
  /** The type of an entry that is written as an object. */
  readonly type?: Type;
  readonly parse: (text: string) => T | T[];
  /** Makes an entry of an element that is no text. Throws the errors that `unsuitable` explains. */
  readonly read: (element: Value) => T;
  /** The type of an entry's value in references. */
  readonly valueType?: Type;
  readonly value: (entry: T) => Value;
  readonly print: (entry: T) => Json;
  /** Whether a later list is appended, or replaces the list below it. */
  readonly appends: boolean;
  readonly tidy?: (entries: readonly T[]) => T[];
  /** The key of `--set`, and its texts as entries. */
  readonly set: readonly [key: string, read: (texts: readonly string[]) => T[]];
  /** Whether `=` of `--set` appends, too. */
  readonly always?: boolean;
  readonly permits?: Setter<T[]>["permits"];
}

function entryList<T>(rules: EntryRules<T>): Attribute<T[]> {
  const { type = STRINGS, valueType = type, tidy = (all) => [...all], always, permits } = rules;
  return {
    read: notNull((value) => {
      if (value.type.kind !== "tuple" && value.type.kind !== "list") {
        throw new ConversionError(mismatch(value.type, list(type)));
      }
      return elementsOf(value).flatMap(notNull((element): T | T[] => {
        if (element.type.kind !== "string") return rules.read(element);
        return element.content === "" ? [] : rules.parse(element.content as string);
      }));
    }),
    value: (field = []) => listOf(valueType, field.map(rules.value)),
    merge: rules.appends ? (below, above) => tidy(append(below, above)) : replace,
    tidy,
    print: (field) => field.length === 0 ? undefined : field.map(rules.print),
    set: [listSetter(...rules.set, { tidy, always, permits })],
  };
}

function stringsOf(value: Value): Map<string, string> {
  const text = notNull(({ content }: Value) => content as string);
  return new Map(entriesOf(convert(value, STRINGS)).map(([key, item]) => [key, text(item)]));
}

/** Converts an object whose attributes may be missing or null. */
function membersOf(value: Value, attributes: Record<string, Type>): (name: string) => Value {
  const { content } = convert(value, optionalFields(attributes));
  return (name) => (content as ReadonlyMap<string, Value>).get(name)!;
}

function textsValue(pairs: Iterable<readonly [string, string]>): Map<string, Value> {
  return new Map([...pairs].map(([key, value]) => [key, stringOf(value)]));
}

function sorted(pairs: readonly (readonly [string, Json])[]): Map<string, Json> {
  return new Map(pairs.toSorted(([a], [b]) => compareText(a, b)));
}

/** An object without its empty members. */
function filled(members: Record<string, string | readonly string[]>): Map<string, Json> {
  return new Map(Object.entries(members).filter(([, value]) => value.length > 0));
}

/** @param path the attribute of a local cache that is a path, and the client's action there */
function caches(
  key: string,
  appends: boolean,
  path: { readonly attr: "src" | "dest"; readonly use: "read" | "write" },
): Attribute<CacheEntry[]> {
  return entryList({
    parse: parseCache,
    read: (element) => {
      const attrs = stringsOf(element);
      const type = take(attrs, "type");
      if (type === "") throw new BakeError(`type required for ${quote(toJson(element))}`);
      return { type, attrs };
    },
    value: ({ type, attrs }) => mapOf(STRING, textsValue([...attrs, ["type", type]])),
    print: ({ type, attrs }) => sorted([...attrs, ["type", type]]),
    appends,
    tidy: withoutDuplicates,
    set: [key, parseCaches],
    permits: (field) => ({
      [path.use]: field.flatMap(({ type, attrs }) =>
        type === "local" ? attrs.get(path.attr) ?? [] : []
      ),
    }),
  });
}

export const cacheFrom: Attribute<CacheEntry[]> = caches("cache-from", true, {
  attr: "src",
  use: "read",
});

export const cacheTo: Attribute<CacheEntry[]> = caches("cache-to", false, {
  attr: "dest",
  use: "write",
});

export const output: Attribute<OutputEntry[]> = entryList({
  parse: parseOutput,
  read: (element) => {
    const attrs = stringsOf(element);
    const type = take(attrs, "type"), dest = take(attrs, "dest");
    if (type === "") throw new BakeError("type is required for output");
    return { type, dest, attrs };
  },
  value: ({ type, dest, attrs }) =>
    mapOf(STRING, textsValue([...attrs, ["type", type], ["dest", dest]])),
  print: ({ type, dest, attrs }) => sorted([...attrs, ["type", type], ...filled({ dest })]),
  appends: false,
  tidy: withoutDuplicates,
  set: ["output", readEach(parseOutput, "outputs")],
  permits: (field) => ({ write: field.map(({ dest }) => dest).filter(Boolean) }),
});

const lastOfType = lastOfEach<"type", Attestation>("type");

export const attest: Attribute<Attestation[]> = entryList({
  parse: parseAttestation,
  read: (element) => {
    const attrs = stringsOf(element);
    const disabled = attrs.get("disabled");
    attrs.delete("disabled");
    const type = take(attrs, "type");
    return { type, disabled: disabled !== undefined && boolOf(disabled), attrs };
  },
  value: ({ type, disabled, attrs }) => {
    const flags = disabled ? [["disabled", "true"] as const] : [];
    return mapOf(STRING, textsValue([...attrs, ["type", type], ...flags]));
  },
  print: ({ type, disabled, attrs }) =>
    sorted([...attrs, ["type", type], ...disabled ? [["disabled", true] as const] : []]),
  appends: true,
  tidy: lastOfType,
  set: ["attest", readEach(parseAttestation, "attest")],
  always: true,
});

function boolOf(text: string): boolean {
  try {
    return parseBool(text);
  } catch (error) {
    throw new BakeError((error as Error).message);
  }
}

const lastSecret = lastOfEach<"id", SecretEntry>("id");

const secrets: Attribute<SecretEntry[]> = entryList({
  type: optionalFields(SECRET),
  parse: parseSecret,
  read: (element) => {
    const member = membersOf(element, SECRET);
    const text = (name: string) => (member(name).content ?? "") as string;
    return { id: text("id"), src: text("src"), env: text("env") };
  },
  valueType: object(new Map(Object.entries(SECRET))),
  value: ({ id, src, env }) => objectOf(textsValue([["id", id], ["src", src], ["env", env]])),
  print: ({ id, src, env }) => filled({ id, src, env }),
  appends: true,
  tidy: lastSecret,
  set: ["secrets", readEach(parseSecret, "secrets")],
  permits: (field, { values }) =>
    pathsOf(field, values.filter((text) => text !== "").map((text) => parseSecret(text).id)),
});

export const secret: Attribute<SecretEntry[]> = {
  ...secrets,
  set: [...secrets.set!, {
    key: "secret",
    apply: (field, { value }, id) => overriddenSecret(field, id, value!),
    permits: (field, _, id) => pathsOf(field, [id]),
  }],
};

function pathsOf(secrets: readonly SecretEntry[], ids: readonly string[]) {
  return {
    read: secrets.flatMap(({ id, src }) => ids.includes(id) && src !== "" ? src : []),
  };
}

function overriddenSecret(
  secrets: readonly SecretEntry[] = [],
  id: string,
  value: string,
): SecretEntry[] {
  if (id === "") {
    throw new BakeError("invalid format for secret, expecting secret.<id>=<value>");
  }
  if (!secrets.some((secret) => secret.id === id)) {
    throw new BakeError(`secret "${id}" must be declared before it can be overridden`);
  }
  const next = parseSecret(value);
  if (next.id !== "" && next.id !== id) {
    throw new BakeError(`secret override id "${next.id}" does not match declared secret "${id}"`);
  }
  return secrets.map((secret) => secret.id === id ? { ...next, id } : secret);
}

const lastAgent = lastOfEach<"id", AgentEntry>("id");

export const ssh: Attribute<AgentEntry[]> = entryList({
  type: optionalFields(AGENT),
  parse: parseAgent,
  read: (element) => {
    const member = membersOf(element, AGENT);
    const paths = member("paths");
    return {
      id: (member("id").content ?? "") as string,
      paths: paths.content === null
        ? []
        : elementsOf(paths).map(notNull(({ content }) => content as string)),
    };
  },
  valueType: object(new Map(Object.entries(AGENT))),
  value: ({ id, paths }) =>
    objectOf(new Map([["id", stringOf(id)], ["paths", listOf(STRING, paths.map(stringOf))]])),
  print: ({ id, paths }) => filled({ id, paths }),
  appends: true,
  tidy: lastAgent,
  set: ["ssh", readEach(parseAgent, "ssh")],
  permits: (field) => ({ read: field.flatMap(({ paths }) => paths) }),
});

export const policy: Attribute<PolicyEntry[]> = entryList({
  parse: parsePolicy,
  read: (element) => {
    if (element.type.kind !== "object" && element.type.kind !== "map") {
      throw new ConversionError(mismatch(element.type, STRINGS));
    }
    return policyOf(
      entriesOf(element).flatMap(([key, value]) => {
        if (value.content === null || value.content === "") return [];
        if (isPrimitive(value.type)) return [`${key}=${primitiveText(value)}`];
        throw new ConversionError(mismatch(value.type, STRING));
      }),
    );
  },
  value: ({ filenames: [filename = ""], reset, disabled, strict, logLevel = "" }) => {
    const text = (flag: boolean | undefined) => flag === undefined ? "" : String(flag);
    const texts = {
      filename,
      reset: text(reset || undefined),
      disabled: text(disabled || undefined),
      strict: text(strict),
      "log-level": logLevel,
    };
    return mapOf(STRING, textsValue(Object.entries(texts).filter(([, value]) => value !== "")));
  },
  print: policyJson,
  appends: true,
  set: ["policy", (texts) => texts.map(parsePolicy)],
});

/** buildx prints the fields of its own struct here. */
function policyJson({ filenames, reset, disabled, strict, logLevel }: PolicyEntry): Json {
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
