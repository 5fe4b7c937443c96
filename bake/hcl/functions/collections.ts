/** Functions of lists, tuples, maps and objects. */
import type { Budget } from "../../budget.ts";
import { convert } from "../values/convert.ts";
import { ArgumentError, FunctionError } from "../function.ts";
import { quote } from "../../../base/go/quote.ts";
import { Values } from "../values/set.ts";
import {
  type Collection,
  isCollection,
  isSequence,
  list,
  sameType,
  STRING,
  type Type,
  typeName,
} from "../values/type.ts";
import { unify } from "../values/unify.ts";
import {
  boolOf,
  elementsOf,
  entriesOf,
  equalValues,
  integerOf,
  listOf,
  mapOf,
  objectOf,
  stringOf,
  tupleOf,
  type Value,
} from "../values/value.ts";
import { type Args, blame, define, type Functions, integerIn, numberIn, textIn } from "./define.ts";

/** A list of the type's elements, or a tuple. */
function like(type: Type, values: Value[]): Value {
  return isCollection(type) ? listOf(type.element, values) : tupleOf(values);
}

function mapLike(type: Type, entries: Map<string, Value>): Value {
  return isCollection(type) ? mapOf(type.element, entries) : objectOf(entries);
}

function isList({ type }: Value): boolean {
  return type.kind === "list" || type.kind === "tuple";
}

function isMap({ type }: Value): boolean {
  return type.kind === "map" || type.kind === "object";
}

function length([collection]: Args): Value {
  const { type, content } = collection;
  if (!isCollection(type) && type.kind !== "tuple") {
    throw new FunctionError("collection must be a list, a map or a tuple");
  }
  return integerOf(content instanceof Map ? content.size : elementsOf(collection).length);
}

function element([source, at]: Args): Value {
  if (!isList(source)) {
    throw new FunctionError(`cannot read elements from ${typeName(source.type)}`);
  }
  const position = integerIn(at, "invalid index: ");
  const elements = elementsOf(source);
  if (elements.length === 0) {
    throw new FunctionError("cannot use element function with an empty list");
  }
  return elements[((position % elements.length) + elements.length) % elements.length]!;
}

/** Whether a collection has a key. The key is not converted, and objects have no keys. */
function has([source, key]: Args): boolean {
  const { type, content } = source;
  if (!isList(source) && type.kind !== "map") {
    throw new FunctionError("collection must be a list, a map or a tuple");
  }
  if (type.kind === "map") {
    return key.type.kind === "string" && (content as Map<string, Value>).has(textIn(key));
  }
  if (key.type.kind !== "number") return false;
  const position = numberIn(key).toInt64();
  return position !== undefined && position >= 0n && position < elementsOf(source).length;
}

function index(args: Args): Value {
  const [source, key] = args;
  const found = has(args);
  const { kind } = source.type;
  const want = kind === "map" ? "string" : "number";
  if (key.type.kind !== want) throw new FunctionError(`key for ${kind} must be ${want}`);
  if (!found && kind === "tuple") {
    integerIn(key, "invalid key for tuple: ");
    const { length } = elementsOf(source);
    throw new FunctionError(`key must be between 0 and ${length} inclusive`);
  }
  if (!found) throw new FunctionError("invalid index");
  const { content } = source;
  if (content instanceof Map) return content.get(textIn(key))!;
  return elementsOf(source)[integerIn(key)]!;
}

function lookup([source, key, otherwise]: Args): Value {
  if (!isMap(source)) throw new ArgumentError(0, "lookup() requires a map as the first argument");
  const { type, content } = source;
  const found = (content as ReadonlyMap<string, Value>).get(textIn(key));
  if (type.kind === "object") return found ?? otherwise;
  const detail = "the default value must have the same type as the map elements";
  const refuse = () => new ArgumentError(2, detail);
  const fitting = convert(otherwise, (type as Collection).element, refuse);
  return found ?? fitting;
}

function keys([source]: Args): Value {
  if (!isMap(source)) throw new ArgumentError(0, "must have map or object type");
  const names = entriesOf(source).map(([name]) => stringOf(name));
  return source.type.kind === "map" ? listOf(STRING, names) : tupleOf(names);
}

function values([source]: Args): Value {
  if (!isMap(source)) throw new FunctionError("values() requires a map as the first argument");
  return like(source.type, entriesOf(source).map(([, value]) => value));
}

function merge(maps: Args): Value {
  if (maps.length === 0) return objectOf(new Map());
  const entries = new Map<string, Value>();
  for (const source of maps) {
    if (source.type.kind === "dynamic") continue;
    if (!isMap(source)) {
      const name = quote(typeName(source.type));
      throw new FunctionError(`arguments must be maps or objects, got ${name}`);
    }
    if (source.content !== null) {
      for (const [key, value] of entriesOf(source)) entries.set(key, value);
    }
  }
  const [{ type }] = maps;
  const alike = maps.every((source) => sameType(source.type, type));
  return alike ? mapLike(type, entries) : objectOf(entries);
}

function zipmap([keys, values]: Args): Value {
  const { type } = values;
  if (!isList(values)) throw new FunctionError("values argument must be a list or tuple value");
  const names = elementsOf(keys), items = elementsOf(values);
  if (names.length !== items.length) {
    throw new FunctionError(
      `number of keys (${names.length}) does not match number of values (${items.length})`,
    );
  }
  const entries = new Map<string, Value>();
  for (const [i, name] of names.entries()) {
    if (name.content === null) throw new FunctionError(`keys list has null value at index ${i}`);
    entries.set(textIn(name), items[i]!);
  }
  return mapLike(type, entries);
}

function concat(lists: Args): Value {
  if (lists.length === 0) throw new FunctionError("at least one argument is required");
  if (lists.every(({ type }) => type.kind === "list")) {
    const common = unify(lists.map(({ type }) => type), true);
    if (common !== undefined && isCollection(common)) {
      const all = lists.flatMap((source, i) =>
        blame(i, "", () => elementsOf(convert(source, common)))
      );
      return listOf(common.element, all);
    }
  }
  const all = lists.flatMap((source, i) => {
    if (isList(source)) return elementsOf(source);
    const name = typeName(source.type);
    throw new ArgumentError(i, `all arguments must be lists or tuples; got ${name}`);
  });
  return tupleOf(all);
}

function flatten([source]: Args): Value {
  if (!isSequence(source.type)) {
    throw new FunctionError("can only flatten lists, sets and tuples");
  }
  return tupleOf(flat(source));
}

function flat(source: Value): Value[] {
  return elementsOf(source).flatMap((value) =>
    value.content !== null && isSequence(value.type) ? flat(value) : [value]
  );
}

function distinct([source]: Args, budget: Budget): Value {
  const seen = new Values(budget);
  return listOf(
    (source.type as Collection).element,
    elementsOf(source).filter((value) => seen.add(value)),
  );
}

function contains([source, value]: Args): Value {
  if (!isSequence(source.type)) throw new FunctionError("argument must be list, tuple, or set");
  return boolOf(elementsOf(source).some((element) => equalValues(value, element)));
}

function position([source, value]: Args): Value {
  if (!isList(source)) throw new FunctionError("argument must be a list or tuple");
  const elements = elementsOf(source);
  if (elements.length === 0) throw new FunctionError("cannot search an empty list");
  const at = elements.findIndex((element) => equalValues(element, value));
  if (at < 0) throw new FunctionError("item not found");
  return integerOf(at);
}

function slice([source, from, to]: Args): Value {
  if (source.type.kind === "set") {
    throw new ArgumentError(
      0,
      "cannot slice a set, because its elements do not have indices; explicitly convert to a list " +
        "if the ordering of the result is not important",
    );
  }
  if (!isList(source)) throw new ArgumentError(0, "must be a list or tuple value");
  const elements = elementsOf(source);
  const bound = (i: 1 | 2, name: string, value: Value) => {
    const at = blame(i, `invalid ${name} index: `, () => integerIn(value));
    if (at < 0) throw new ArgumentError(i, `${name} index must not be less than zero`);
    if (at > elements.length) {
      const detail = `${name} index must not be greater than the length of the list`;
      throw new ArgumentError(i, detail);
    }
    return at;
  };
  const start = bound(1, "start", from), end = bound(2, "end", to);
  if (start > end) throw new ArgumentError(1, "start index must not be greater than end index");
  return like(source.type, elements.slice(start, end));
}

function chunklist([source, sizeValue]: Args): Value {
  const size = integerIn(sizeValue, "invalid size: ");
  if (size < 0) throw new FunctionError("the size argument must be positive");
  const elements = elementsOf(source);
  const { element } = source.type as Collection;
  const chunks: Value[] = [];
  if (size === 0 && elements.length > 0) chunks.push(source);
  for (let at = 0; size > 0 && at < elements.length; at += size) {
    chunks.push(listOf(element, elements.slice(at, at + size)));
  }
  return listOf(list(element), chunks);
}

function reverseList([source]: Args): Value {
  if (!isSequence(source.type)) {
    const name = typeName(source.type);
    throw new ArgumentError(0, `can only reverse list or tuple values, not ${name}`);
  }
  return like(source.type, elementsOf(source).toReversed());
}

function coalesce(values: Args): Value {
  const common = unify(values.map(({ type }) => type), true);
  if (common === undefined) throw new FunctionError("all arguments must have the same type");
  const found = values.find(({ content }) => content !== null);
  if (found === undefined) throw new FunctionError("no non-null arguments");
  return convert(found, common);
}

function coalesceList(lists: Args): Value {
  if (lists.length === 0) throw new FunctionError("at least one argument is required");
  if (!lists.every(isList)) {
    throw new FunctionError("coalescelist arguments must be lists or tuples");
  }
  const found = lists.find((source) => source.content !== null && elementsOf(source).length > 0);
  if (found === undefined) throw new FunctionError("no non-null arguments");
  return found;
}

export const functions: Functions = {
  length: define("collection:any", length),
  element: define("list:any index:number", element),
  index: define("collection:any key:any", index),
  hasindex: define("collection:any key:any", (args) => boolOf(has(args))),
  lookup: define("inputMap:any key:string default:any", lookup),
  keys: define("inputMap:any", keys),
  values: define("mapping:any", values),
  merge: define("...maps?:any", merge),
  zipmap: define("keys:strings values:any", zipmap),
  concat: define("...seqs:any", concat),
  flatten: define("list:any", flatten),
  distinct: define("list:list", distinct),
  compact: define(
    "list:strings",
    ([source]) =>
      listOf(
        STRING,
        elementsOf(source).filter(({ content }) => content !== null && content !== ""),
      ),
  ),
  contains: define("list:any value:any", contains),
  indexof: define("list:any value:any", position),
  slice: define("list:any start_index:number end_index:number", slice),
  chunklist: define("list:list size:number", chunklist),
  reverselist: define("list:any", reverseList),
  coalesce: define("...vals?:any", coalesce),
  coalescelist: define("...vals?:any", coalesceList),
};
