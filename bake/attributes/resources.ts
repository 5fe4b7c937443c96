import { BakeError } from "../error.ts";
import { BigFloat } from "../hcl/values/big_float.ts";
import { ConversionError, convert } from "../hcl/values/convert.ts";
import { NUMBER, object, STRING, type Type } from "../hcl/values/type.ts";
import {
  entriesOf,
  integerOf,
  nullOf,
  objectOf,
  stringOf,
  type Value,
} from "../hcl/values/value.ts";
import type { Resources } from "../target.ts";
import type { Attribute } from "./attribute.ts";
import { notNull } from "./plain.ts";
import type { Json } from "./pretty_json.ts";

/** An object type whose attributes may all be left out. */
export function optionalFields(attributes: Record<string, Type>): Type {
  return object(new Map(Object.entries(attributes)), new Set(Object.keys(attributes)));
}

/** The limits by name, in the order in which they are printed. */
const FIELDS: Record<keyof Resources, Type> = {
  memory: STRING,
  "memory-swap": STRING,
  "cpu-shares": NUMBER,
  "cpu-period": NUMBER,
  "cpu-quota": NUMBER,
  "cpuset-cpus": STRING,
  "cpuset-mems": STRING,
};
const NAMES = Object.keys(FIELDS) as (keyof Resources)[];
const OBJECT = optionalFields(FIELDS);

/** cgroup limits of build steps. */
export const resources: Attribute<Resources> = {
  read: notNull((value) => {
    const found = entriesOf(convert(value, OBJECT)).flatMap(([name, { content }]) =>
      content === null ? [] : [[name, content instanceof BigFloat ? integer(content) : content]]
    );
    return Object.fromEntries(found) as Resources;
  }),
  value(field) {
    if (field === undefined) return nullOf(object(new Map(Object.entries(FIELDS))));
    return objectOf(new Map(NAMES.map((name) => [name, limitValue(field[name], FIELDS[name])])));
  },
  merge: (below, above) => ({ ...below, ...above }),
  print: (field) =>
    new Map(NAMES.flatMap((name): [string, Json][] => {
      const limit = field[name];
      return limit === undefined ? [] : [[name, limit]];
    })),
  set: [{
    key: "resources",
    apply: (field, { value }, name) => ({ ...field, ...limitOf(name, value!) }),
  }],
};

function integer(number: BigFloat): bigint {
  const value = number.toInt64();
  if (value !== undefined) return value;
  throw new ConversionError(
    "value must be a whole number, between -9223372036854775808 and 9223372036854775807",
  );
}

function limitValue(limit: string | bigint | undefined, type: Type): Value {
  if (limit === undefined) return nullOf(type);
  return typeof limit === "bigint" ? integerOf(limit) : stringOf(limit);
}

function limitOf(name: string, text: string): Resources {
  const type = Object.hasOwn(FIELDS, name) ? FIELDS[name as keyof Resources] : undefined;
  if (type === undefined) throw new BakeError(`unknown resources key ${name}`);
  if (type === STRING) return { [name]: text };
  if (/^[+-]?\d+$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text)) {
    return { [name]: BigInt(text) };
  }
  throw new BakeError(`invalid value ${text} for int64 key resources.${name}`);
}
