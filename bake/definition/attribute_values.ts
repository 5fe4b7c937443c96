/** Entries of lists between targets and the language: a value is read, and is given to references. */
import { readBool } from "../../base/go/bool.ts";
import { BakeError } from "../error.ts";
import {
  parseAttest,
  parseCache,
  parseOutput,
  parsePolicy,
  parseSecret,
  parseSsh,
  policyOf,
} from "../attribute_text.ts";
import { BigFloat } from "../hcl/big_float.ts";
import { ConversionError, convert } from "../hcl/convert.ts";
import { toJson } from "../hcl/json_text.ts";
import { mismatch } from "../hcl/mismatch.ts";
import { quote } from "../../base/go/quote.ts";
import { list, map, NUMBER, object, STRING, type Type } from "../hcl/type.ts";
import {
  elementsOf,
  entriesOf,
  integerOf,
  listOf,
  mapOf,
  nullOf,
  objectOf,
  stringOf,
  type Value,
} from "../hcl/value.ts";
import type { Attest, CacheEntry, Output, Policy, Resources, Secret, Ssh } from "../target.ts";

const STRINGS = map(STRING);

function optional(attributes: Record<string, Type>): Type {
  const names = Object.keys(attributes);
  return object(new Map(Object.entries(attributes)), new Set(names));
}

const SECRET = optional({ id: STRING, src: STRING, env: STRING });
const SSH = optional({ id: STRING, paths: list(STRING) });
const RESOURCES = optional({
  memory: STRING,
  "memory-swap": STRING,
  "cpu-shares": NUMBER,
  "cpu-period": NUMBER,
  "cpu-quota": NUMBER,
  "cpuset-cpus": STRING,
  "cpuset-mems": STRING,
});

/** What a list of entries, some of them texts, is read to; empty texts don't count. */
function entries<T>(value: Value, type: Type, text: (text: string) => T[], entry: (v: Value) => T) {
  if (value.type.kind !== "tuple" && value.type.kind !== "list") {
    throw new ConversionError(mismatch(value.type, list(type)));
  }
  return elementsOf(value).flatMap((element): T[] => {
    if (element.content === null) throw new ConversionError("null value is not allowed");
    if (element.type.kind !== "string") return [entry(element)];
    return element.content === "" ? [] : text(element.content as string);
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

function take(strings: Map<string, string>, key: string): string {
  const value = strings.get(key) ?? "";
  strings.delete(key);
  return value;
}

export function readCaches(value: Value): CacheEntry[] {
  return entries(value, STRINGS, parseCache, (element) => {
    const attrs = stringsOf(element);
    const type = take(attrs, "type");
    if (type === "") throw new BakeError(`type required for ${quote(toJson(element))}`);
    return { type, attrs };
  });
}

export function readOutputs(value: Value): Output[] {
  return entries(value, STRINGS, (text) => [parseOutput(text)], (element) => {
    const attrs = stringsOf(element);
    const type = take(attrs, "type"), dest = take(attrs, "dest");
    if (type === "") throw new BakeError("type is required for output");
    return { type, dest, attrs };
  });
}

export function readAttests(value: Value): Attest[] {
  return entries(value, STRINGS, (text) => [parseAttest(text)], (element) => {
    const attrs = stringsOf(element);
    const disabled = attrs.get("disabled");
    attrs.delete("disabled");
    return { type: take(attrs, "type"), disabled: disabled !== undefined && bool(disabled), attrs };
  });
}

function bool(text: string): boolean {
  const value = readBool(text);
  if (value !== undefined) return value;
  throw new BakeError(`strconv.ParseBool: parsing ${quote(text)}: invalid syntax`);
}

export function readSecrets(value: Value): Secret[] {
  return entries(value, SECRET, (text) => [parseSecret(text)], (element) => {
    const of = convert(element, SECRET).content as ReadonlyMap<string, Value>;
    const text = (name: string) => (of.get(name)!.content ?? "") as string;
    return { id: text("id"), src: text("src"), env: text("env") };
  });
}

export function readSsh(value: Value): Ssh[] {
  return entries(value, SSH, (text) => [parseSsh(text)], (element) => {
    const of = convert(element, SSH).content as ReadonlyMap<string, Value>;
    const paths = of.get("paths")!;
    return {
      id: (of.get("id")!.content ?? "") as string,
      paths: paths.content === null ? [] : elementsOf(paths).map(textOf),
    };
  });
}

function textOf({ content }: Value): string {
  if (content === null) throw new ConversionError("null value is not allowed");
  return content as string;
}

export function readPolicies(value: Value): Policy[] {
  return entries(value, STRINGS, (text) => [parsePolicy(text)], (element) => {
    if (element.type.kind !== "object" && element.type.kind !== "map") {
      throw new ConversionError(mismatch(element.type, STRINGS));
    }
    const fields = entriesOf(element).flatMap(([key, of]) => {
      if (of.content === null || of.content === "") return [];
      if (of.content instanceof BigFloat) return [`${key}=${of.content.text("f")}`];
      if (typeof of.content === "object") throw new ConversionError(mismatch(of.type, STRING));
      return [`${key}=${of.content}`];
    });
    return policyOf(fields);
  });
}

export function readResources(value: Value): Resources {
  const resources: Resources = {};
  for (const [key, { content }] of entriesOf(convert(value, RESOURCES))) {
    if (content === null) continue;
    const name = key as keyof Resources;
    if (!(content instanceof BigFloat)) (resources as Record<string, unknown>)[name] = content;
    else {
      const integer = content.toInt64();
      if (integer === undefined) {
        throw new ConversionError(
          "value must be a whole number, between -9223372036854775808 and 9223372036854775807",
        );
      }
      (resources as Record<string, unknown>)[name] = integer;
    }
  }
  return resources;
}

type Entry = { readonly type: string; readonly attrs: ReadonlyMap<string, string> };

/** A list of maps, as references see caches, outputs and attestations. */
function mapsOf(all: readonly Entry[] | undefined, more: (of: never) => [string, string][]): Value {
  const maps = (all ?? []).map((of) => {
    const pairs = [...of.attrs, ["type", of.type] as [string, string], ...more(of as never)];
    return mapOf(STRING, new Map(pairs.map(([key, value]) => [key, stringOf(value)])));
  });
  return listOf(STRINGS, maps);
}

export function cachesValue(caches: readonly CacheEntry[] | undefined): Value {
  return mapsOf(caches, () => []);
}

export function outputsValue(outputs: readonly Output[] | undefined): Value {
  return mapsOf(outputs, ({ dest }: Output) => [["dest", dest]]);
}

export function attestsValue(attests: readonly Attest[] | undefined): Value {
  return mapsOf(attests, ({ disabled }: Attest) => disabled ? [["disabled", "true"]] : []);
}

export function secretsValue(secrets: readonly Secret[] | undefined): Value {
  const type = object(new Map([["id", STRING], ["src", STRING], ["env", STRING]]));
  return listOf(
    type,
    (secrets ?? []).map(({ id, src, env }) =>
      objectOf(new Map([["id", stringOf(id)], ["src", stringOf(src)], ["env", stringOf(env)]]))
    ),
  );
}

export function sshValue(ssh: readonly Ssh[] | undefined): Value {
  const type = object(new Map([["id", STRING], ["paths", list(STRING)]]));
  return listOf(
    type,
    (ssh ?? []).map(({ id, paths }) =>
      objectOf(
        new Map([["id", stringOf(id)], ["paths", listOf(STRING, paths.map(stringOf))]]),
      )
    ),
  );
}

export function policiesValue(policies: readonly Policy[] | undefined): Value {
  const maps = (policies ?? []).map(({ filenames, reset, disabled, strict, logLevel }) => {
    const entries = new Map<string, Value>();
    if (filenames.length > 0) entries.set("filename", stringOf(filenames[0]!));
    if (reset) entries.set("reset", stringOf("true"));
    if (disabled) entries.set("disabled", stringOf("true"));
    if (strict !== undefined) entries.set("strict", stringOf(String(strict)));
    if (logLevel !== undefined) entries.set("log-level", stringOf(logLevel));
    return mapOf(STRING, entries);
  });
  return listOf(STRINGS, maps);
}

export function resourcesValue(resources: Resources | undefined): Value {
  const { attributes } = RESOURCES as Extract<Type, { kind: "object" }>;
  if (resources === undefined) return nullOf(object(attributes));
  const entries = new Map<string, Value>();
  for (const [name, type] of attributes) {
    const value = resources[name as keyof Resources];
    entries.set(
      name,
      value === undefined
        ? nullOf(type)
        : typeof value === "bigint"
        ? integerOf(value)
        : stringOf(value),
    );
  }
  return objectOf(entries);
}
