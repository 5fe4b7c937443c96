/** The attributes of targets and groups: what values they take, and what references to them see. */
import { BakeError } from "../error.ts";
import { ConversionError, convert } from "../hcl/convert.ts";
import { BOOL, list, map, STRING, type Type } from "../hcl/type.ts";
import {
  boolOf,
  elementsOf,
  entriesOf,
  listOf,
  mapOf,
  nullOf,
  stringOf,
  type Value,
} from "../hcl/value.ts";
import {
  attestsValue,
  cachesValue,
  outputsValue,
  policiesValue,
  readAttests,
  readCaches,
  readOutputs,
  readPolicies,
  readResources,
  readSecrets,
  readSsh,
  resourcesValue,
  secretsValue,
  sshValue,
} from "./attribute_values.ts";

/** How an attribute comes into a target, and back into the language. */
export interface AttributeKind {
  /** Undefined where null means not set. Throws `ConversionError` and `BakeError`. */
  readonly read: (value: Value) => unknown;
  /** Of an attribute that may not be set. */
  readonly value: (attribute: never) => Value;
}

const NOT_NULL = "null value is not allowed";

function converted<T>(type: Type, read: (value: Value) => T): (value: Value) => T | undefined {
  return (value) => {
    const fitting = convert(value, type);
    return fitting.content === null ? undefined : read(fitting);
  };
}

function notNull<T>(read: (value: Value) => T): (value: Value) => T {
  return (value) => {
    if (value.content === null) throw new ConversionError(NOT_NULL);
    return read(value);
  };
}

const text: AttributeKind = {
  read: converted(STRING, ({ content }) => content as string),
  value: (of?: string) => of === undefined ? nullOf(STRING) : stringOf(of),
};

/** One that has no way to be unset. */
const plainText: AttributeKind = {
  read: (value) => notNull(({ content }) => content as string)(convert(value, STRING)),
  value: (of?: string) => stringOf(of ?? ""),
};

const bool: AttributeKind = {
  read: converted(BOOL, ({ content }) => content as boolean),
  value: (of?: boolean) => of === undefined ? nullOf(BOOL) : boolOf(of),
};

const texts: AttributeKind = {
  read: converted(
    list(STRING),
    (value) => elementsOf(value).map(notNull(({ content }) => content as string)),
  ),
  value: (of?: readonly string[]) =>
    of === undefined ? nullOf(list(STRING)) : listOf(STRING, of.map(stringOf)),
};

/** @param nullable whether a null is a key that is not there, or an error */
function textMap(nullable: boolean): AttributeKind {
  return {
    read: converted(map(STRING), (value) => {
      const entries = new Map<string, string>();
      for (const [key, { content }] of entriesOf(value)) {
        if (content !== null) entries.set(key, content as string);
        else if (!nullable) throw new ConversionError(NOT_NULL);
      }
      return entries;
    }),
    value: (of?: ReadonlyMap<string, string>) =>
      of === undefined
        ? nullOf(map(STRING))
        : mapOf(STRING, new Map([...of].map(([key, value]) => [key, stringOf(value)]))),
  };
}

export const targetAttributes: ReadonlyMap<string, AttributeKind> = new Map([
  ["description", plainText],
  ["inherits", texts],
  ["annotations", texts],
  ["attest", { read: notNull(readAttests), value: attestsValue }],
  ["context", text],
  ["contexts", textMap(false)],
  ["dockerfile", text],
  ["dockerfile-inline", text],
  ["args", textMap(true)],
  ["labels", textMap(true)],
  ["tags", texts],
  ["cache-from", { read: notNull(readCaches), value: cachesValue }],
  ["cache-to", { read: notNull(readCaches), value: cachesValue }],
  ["target", text],
  ["secret", { read: notNull(readSecrets), value: secretsValue }],
  ["ssh", { read: notNull(readSsh), value: sshValue }],
  ["platforms", texts],
  ["output", { read: notNull(readOutputs), value: outputsValue }],
  ["pull", bool],
  ["no-cache", bool],
  ["network", text],
  ["no-cache-filter", texts],
  ["shm-size", text],
  ["ulimits", texts],
  ["resources", { read: notNull(readResources), value: resourcesValue }],
  ["call", text],
  ["entitlements", texts],
  ["extra-hosts", textMap(true)],
  ["policy", { read: notNull(readPolicies), value: policiesValue }],
]);

export const groupAttributes: ReadonlyMap<string, AttributeKind> = new Map([
  ["description", plainText],
  ["targets", texts],
]);

/** Why an attribute can't be read from a value, by what its `read` threw. */
export function unsuitable(error: unknown): string {
  if (error instanceof ConversionError || error instanceof BakeError) return error.message;
  throw error;
}
