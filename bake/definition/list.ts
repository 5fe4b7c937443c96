/** The rows of `--list`. The command aligns them. */
import { choices } from "../../base/nearest.ts";
import { BakeError } from "../error.ts";
import { fieldsOf } from "../../grammar/pairs.ts";
import { compareText } from "../hcl/values/text.ts";
import { quote } from "../../base/go/quote.ts";
import type { Definition } from "../options.ts";
import type { Group } from "../target.ts";
import { type Json, prettyJson } from "../attributes/pretty_json.ts";
import { cut } from "../../base/cut.ts";

/** The requested list, and its format. */
interface ListFormat {
  readonly type: "targets" | "variables";
  readonly format: "table" | "json";
}

/** `targets`, `variables`, or `type=T,format=F`. Throws `UsageError`. */
export function parseList(text: string): ListFormat {
  const fields = fieldsOf(text);
  let type = "", format = "table";
  if (fields.length === 1 && fields[0] === text && !text.startsWith("type=")) type = text;
  else {
    for (const field of fields) {
      const [name, value] = cut(field, "=");
      if (value === undefined) throw new BakeError(`invalid value ${field}`);
      const key = name.toLowerCase().trim();
      if (key === "type") type = value;
      else if (key !== "format") {
        throw new BakeError(`unexpected key '${key}' in '${field}'`);
      } else if (value !== "") format = value;
    }
  }
  if (type !== "targets" && type !== "variables") {
    throw new BakeError(`invalid list type ${quote(type)}`, {
      hint: choices(type, ["targets", "variables"]),
    });
  }
  if (format !== "table" && format !== "json") {
    throw new BakeError(`invalid list format ${quote(format)}`, {
      hint: choices(format, ["table", "json"]),
    });
  }
  return { type, format };
}

/** The cells of a table, with its head first. */
export function listRows(definition: Definition, type: ListFormat["type"]): string[][] {
  if (type === "variables") {
    const rows = sorted(definition.variables).map(({ name, type, value, description }) => [
      name,
      type,
      value ?? "<null>",
      description,
    ]);
    return [["VARIABLE", "TYPE", "VALUE", "DESCRIPTION"], ...rows];
  }
  const rows = listed(definition).map(({ name, description }) => [name, description]);
  return [["TARGET", "DESCRIPTION"], ...rows];
}

/** The list as JSON, with a newline at the end. */
export function listJson(definition: Definition, type: ListFormat["type"]): string {
  const objects = type === "targets"
    ? listed(definition).map(({ name, description, isGroup }) =>
      jsonObject({ name, description, group: isGroup ? true : "" })
    )
    : sorted(definition.variables).map(({ name, description, type, value }) => {
      const object = jsonObject({ name, description, type });
      return value === undefined ? object : object.set("value", value);
    });
  // buildx prints null for an empty list of targets.
  return `${prettyJson(objects.length === 0 && type === "targets" ? null : objects)}\n`;
}

/** An object without its empty members. */
function jsonObject(all: Record<string, Json>): Map<string, Json> {
  return new Map(Object.entries(all).filter(([, value]) => value !== ""));
}

interface Listed {
  readonly name: string;
  readonly description: string;
  readonly isGroup: boolean;
}

/** Lists targets and groups together. Names that begin with `_` are hidden. */
function listed({ targets, groups }: Definition): Listed[] {
  const all = [
    ...targets.map(({ name, description = "" }) => ({ name, description, isGroup: false })),
    ...groups.map((group) => ({
      name: group.name,
      description: groupDescription(group),
      isGroup: true,
    })),
  ];
  return sorted(all.filter(({ name }) => !name.startsWith("_")));
}

function groupDescription({ description = "", targets }: Group): string {
  const names = (targets ?? []).toSorted(compareText).join(", ");
  if (names === "" || description === "") return description + names;
  return `${description} (${names})`;
}

function sorted<T extends { readonly name: string }>(all: readonly T[]): T[] {
  return all.toSorted((a, b) => compareText(a.name, b.name));
}
