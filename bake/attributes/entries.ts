/** Attributes that are lists of entries: caches, outputs, attestations, secrets, agents and policies. */
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
import { BigFloat } from "../hcl/values/big_float.ts";
import { ConversionError, convert } from "../hcl/values/convert.ts";
import { toJson } from "../hcl/values/json_text.ts";
import { mismatch } from "../hcl/values/mismatch.ts";
import { compareText } from "../hcl/values/text.ts";
import { list, map, object, STRING, type Type } from "../hcl/values/type.ts";
import {
  elementsOf,
  entriesOf,
  listOf,
  mapOf,
  objectOf,
  stringOf,
  type Value,
} from "../hcl/values/value.ts";
import {
  append,
  type Attribute,
  each,
  lastOfEach,
  listSetter,
  replace,
  unlike,
} from "./attribute.ts";
import { notNull } from "./plain.ts";
import type { Json } from "./pretty_json.ts";
import { optionalFields } from "./resources.ts";

const STRINGS = map(STRING);
const SECRET = optionalFields({ id: STRING, src: STRING, env: STRING });
const AGENT = optionalFields({ id: STRING, paths: list(STRING) });

/** Reads a list whose elements are texts or values of a type; empty texts are ignored. */
function entries<T>(
  type: Type,
  parse: (text: string) => T[],
  entry: (element: Value) => T,
): (value: Value) => T[] {
  return notNull((value) => {
    if (value.type.kind !== "tuple" && value.type.kind !== "list") {
      throw new ConversionError(mismatch(value.type, list(type)));
    }
    return elementsOf(value).flatMap((element): T[] => {
      if (element.content === null) throw new ConversionError("null value is not allowed");
      if (element.type.kind !== "string") return [entry(element)];
      return element.content === "" ? [] : parse(element.content as string);
    });
  });
}

function stringsOf(value: Value): Map<string, string> {
  const strings = new Map<string, string>();
  for (const [key, { content }] of entriesOf(convert(value, STRINGS))) {
    if (content === null) throw new ConversionError("null value is not allowed");
    strings.set(key, content as string);
  }
  return strings;
}

/** The value in references of entries that have a type and attributes. */
function mapsOf<T extends { readonly type: string; readonly attrs: ReadonlyMap<string, string> }>(
  more: (entry: T) => readonly [string, string][],
): (field: readonly T[] | undefined) => Value {
  return (field = []) =>
    listOf(
      STRINGS,
      field.map((entry) => {
        const pairs = [...entry.attrs, ["type", entry.type] as const, ...more(entry)];
        return mapOf(STRING, new Map(pairs.map(([key, value]) => [key, stringOf(value)])));
      }),
    );
}

function rows<T>(json: (entry: T) => Json): (field: readonly T[]) => Json | undefined {
  return (field) => field.length === 0 ? undefined : field.map(json);
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
  merge: Attribute<CacheEntry[]>["merge"],
  path: { readonly attr: "src"; readonly use: "read" } | {
    readonly attr: "dest";
    readonly use: "write";
  },
): Attribute<CacheEntry[]> {
  return {
    read: entries(STRINGS, parseCache, (element) => {
      const attrs = stringsOf(element);
      const type = take(attrs, "type");
      if (type === "") throw new BakeError(`type required for ${quote(toJson(element))}`);
      return { type, attrs };
    }),
    value: mapsOf(() => []),
    merge,
    tidy: unlike,
    print: rows(({ type, attrs }) => sorted([...attrs, ["type", type]])),
    set: [listSetter(key, parseCaches, {
      tidy: unlike,
      permits: (field) => ({
        [path.use]: field.flatMap(({ type, attrs }) =>
          type === "local" ? attrs.get(path.attr) ?? [] : []
        ),
      }),
    })],
  };
}

export const cacheFrom: Attribute<CacheEntry[]> = caches(
  "cache-from",
  (below, above) => unlike(append(below, above)),
  { attr: "src", use: "read" },
);

export const cacheTo: Attribute<CacheEntry[]> = caches("cache-to", replace, {
  attr: "dest",
  use: "write",
});

export const output: Attribute<OutputEntry[]> = {
  read: entries(STRINGS, (text) => [parseOutput(text)], (element) => {
    const attrs = stringsOf(element);
    const type = take(attrs, "type"), dest = take(attrs, "dest");
    if (type === "") throw new BakeError("type is required for output");
    return { type, dest, attrs };
  }),
  value: mapsOf(({ dest }) => [["dest", dest]]),
  merge: replace,
  tidy: unlike,
  print: rows(({ type, dest, attrs }) =>
    sorted([...attrs, ["type", type], ...dest === "" ? [] : [["dest", dest] as const]])
  ),
  set: [listSetter("output", each(parseOutput, "outputs"), {
    tidy: unlike,
    permits: (field) => ({ write: field.map(({ dest }) => dest).filter(Boolean) }),
  })],
};

const lastOfType = lastOfEach<"type", Attestation>("type");

export const attest: Attribute<Attestation[]> = {
  read: entries(STRINGS, (text) => [parseAttestation(text)], (element) => {
    const attrs = stringsOf(element);
    const disabled = attrs.get("disabled");
    attrs.delete("disabled");
    const type = take(attrs, "type");
    return { type, disabled: disabled !== undefined && boolOf(disabled), attrs };
  }),
  value: mapsOf(({ disabled }) => disabled ? [["disabled", "true"]] : []),
  merge: (below, above) => lastOfType(append(below, above)),
  tidy: lastOfType,
  print: rows(({ type, disabled, attrs }) =>
    sorted([...attrs, ["type", type], ...disabled ? [["disabled", true] as const] : []])
  ),
  set: [
    listSetter("attest", each(parseAttestation, "attest"), { tidy: lastOfType, always: true }),
  ],
};

function boolOf(text: string): boolean {
  try {
    return parseBool(text);
  } catch (error) {
    throw new BakeError((error as Error).message);
  }
}

const lastSecret = lastOfEach<"id", SecretEntry>("id");

export const secret: Attribute<SecretEntry[]> = {
  read: entries(SECRET, (text) => [parseSecret(text)], (element) => {
    const members = convert(element, SECRET).content as ReadonlyMap<string, Value>;
    const text = (name: string) => (members.get(name)!.content ?? "") as string;
    return { id: text("id"), src: text("src"), env: text("env") };
  }),
  value: (field = []) =>
    listOf(
      object(new Map([["id", STRING], ["src", STRING], ["env", STRING]])),
      field.map(({ id, src, env }) =>
        objectOf(new Map([["id", stringOf(id)], ["src", stringOf(src)], ["env", stringOf(env)]]))
      ),
    ),
  merge: (below, above) => lastSecret(append(below, above)),
  tidy: lastSecret,
  print: rows(({ id, src, env }) => filled({ id, src, env })),
  set: [
    listSetter("secrets", each(parseSecret, "secrets"), {
      tidy: lastSecret,
      permits: (field, { values }) =>
        pathsOf(field, values.filter((text) => text !== "").map((text) => parseSecret(text).id)),
    }),
    {
      key: "secret",
      apply: (field, { value }, id) => overriddenSecret(field, id, value!),
      permits: (field, _, id) => pathsOf(field, [id]),
    },
  ],
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

export const ssh: Attribute<AgentEntry[]> = {
  read: entries(AGENT, (text) => [parseAgent(text)], (element) => {
    const members = convert(element, AGENT).content as ReadonlyMap<string, Value>;
    const paths = members.get("paths")!;
    return {
      id: (members.get("id")!.content ?? "") as string,
      paths: paths.content === null
        ? []
        : elementsOf(paths).map(notNull(({ content }) => content as string)),
    };
  }),
  value: (field = []) =>
    listOf(
      object(new Map([["id", STRING], ["paths", list(STRING)]])),
      field.map(({ id, paths }) =>
        objectOf(new Map([["id", stringOf(id)], ["paths", listOf(STRING, paths.map(stringOf))]]))
      ),
    ),
  merge: (below, above) => lastAgent(append(below, above)),
  tidy: lastAgent,
  print: rows(({ id, paths }) => filled({ id, paths })),
  set: [listSetter("ssh", each(parseAgent, "ssh"), {
    tidy: lastAgent,
    permits: (field) => ({ read: field.flatMap(({ paths }) => paths) }),
  })],
};

export const policy: Attribute<PolicyEntry[]> = {
  read: entries(STRINGS, (text) => [parsePolicy(text)], (element) => {
    if (element.type.kind !== "object" && element.type.kind !== "map") {
      throw new ConversionError(mismatch(element.type, STRINGS));
    }
    return policyOf(
      entriesOf(element).flatMap(([key, { content, type }]) => {
        if (content === null || content === "") return [];
        if (content instanceof BigFloat) return [`${key}=${content.text("f")}`];
        if (typeof content === "object") throw new ConversionError(mismatch(type, STRING));
        return [`${key}=${content}`];
      }),
    );
  }),
  value: (field = []) =>
    listOf(
      STRINGS,
      field.map(({ filenames, reset, disabled, strict, logLevel }) => {
        const entries = new Map<string, Value>();
        if (filenames.length > 0) entries.set("filename", stringOf(filenames[0]!));
        if (reset) entries.set("reset", stringOf("true"));
        if (disabled) entries.set("disabled", stringOf("true"));
        if (strict !== undefined) entries.set("strict", stringOf(String(strict)));
        if (logLevel !== undefined) entries.set("log-level", stringOf(logLevel));
        return mapOf(STRING, entries);
      }),
    ),
  merge: append,
  print: rows(policyJson),
  set: [listSetter("policy", (texts) => texts.map(parsePolicy))],
};

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
