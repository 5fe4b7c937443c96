import { ComposeError } from "../error.ts";
import { lookUp, type Path, shown } from "./path.ts";
import { isMapping, typeName, type Value, withParts } from "./value.ts";

type KeyOf = (item: Value, path: Path) => string;

/** The key of an item, by its list. Items with the same key are the same entry. */
const keys: Readonly<Record<string, KeyOf>> = {
  "services.*.build.args": pairKey,
  "services.*.build.additional_contexts": pairKey,
  "services.*.build.tags": pairKey,
  "services.*.build.labels": pairKey,
  "services.*.environment": pairKey,
  "services.*.env_file": envFileKey,
};

/** Removes items whose key comes again. The last item stays, at the position of the first. */
export function uniqueItems(value: Value, path: Path = []): Value {
  const keyOf = Array.isArray(value) ? lookUp(keys, path) : undefined;
  if (keyOf === undefined) return withParts(value, path, uniqueItems);
  const items = new Map<string, Value>();
  (value as Value[]).forEach((item, at) => items.set(keyOf(item, [...path, `[${at}]`]), item));
  return [...items.values()];
}

function pairKey(item: Value, path: Path): string {
  if (typeof item === "string") return item.split("=", 1)[0]!;
  throw new ComposeError(
    `${shown(path)}: unexpected type ${typeName(item)}`,
    "put the value into quotes",
  );
}

function envFileKey(item: Value, path: Path): string {
  if (typeof item === "string") return item;
  const file = isMapping(item) ? item.get("path") : undefined;
  if (typeof file === "string") return file;
  throw new ComposeError(`environment path attribute ${shown(path)} is missing`);
}
