/** Rewrites the short forms of a model as long forms. */
import { ComposeError } from "../error.ts";
import { lookUp, type Path, shown } from "./path.ts";
import { isMapping, type Mapping, textOf, typeName, type Value, withParts } from "./value.ts";
import { cut } from "../../base/cut.ts";

/** Throws `ComposeError` for a value that is in neither form. */
export function canonical(value: Value, path: Path = []): Value {
  const transform = lookUp(transforms, path);
  return transform === undefined ? withParts(value, path, canonical) : transform(value, path);
}

const transforms: Readonly<Record<string, (value: Value, path: Path) => Value>> = {
  "services.*.build": (value, path) => {
    if (typeof value === "string") return new Map([["context", value]]);
    if (isMapping(value)) return withParts(value, path, canonical);
    throw wrongType(value, path, "build");
  },
  "services.*.build.additional_contexts": contexts,
  "services.*.build.provenance": textOf,
  "services.*.build.sbom": textOf,
  "services.*.build.secrets.*": (value, path) => {
    if (isMapping(value)) return value;
    if (typeof value === "string") return new Map([["source", value]]);
    throw new ComposeError(`${shown(path)}: unsupported type ${typeName(value)}`);
  },
  "services.*.build.ssh": agents,
  "services.*.env_file": (value, path) => {
    if (typeof value === "string") return [envFile(value)];
    if (Array.isArray(value)) return value.map(envFile);
    throw wrongType(value, path, "env_file");
  },
  "secrets.*": external,
};

/** `- NAME=VALUE` as a mapping. */
function contexts(value: Value, path: Path): Value {
  if (isMapping(value)) return value;
  if (!Array.isArray(value)) throw wrongType(value, path);
  return new Map(value.map((item) => {
    const [, name, context] = typeof item === "string" ? item.match(/^([^=]*)=(.*)$/s) ?? [] : [];
    if (name === undefined) {
      throw new ComposeError(
        `${shown(path)}: invalid value ${textOf(item)}, expected key=value`,
      );
    }
    return [name, context!];
  }));
}

/** `- ID=PATH` as a mapping. Only the `default` agent needs no path. */
function agents(value: Value, path: Path): Value {
  if (isMapping(value)) return value;
  if (!Array.isArray(value)) throw wrongType(value, path, "ssh");
  return new Map(value.map((item): [string, Value] => {
    if (typeof item !== "string") {
      throw new ComposeError(`invalid ssh key type ${typeName(item)}`);
    }
    const [id, path] = cut(item, "=");
    if (path !== undefined) return [id, path];
    if (item !== "default") throw new ComposeError(`invalid ssh key ${JSON.stringify(item)}`);
    return [item, null];
  }));
}

function envFile(value: Value): Value {
  if (typeof value === "string") return new Map<string, Value>([["path", value]]);
  return isMapping(value) ? value : null;
}

/** Rewrites `external: {name: N}`, an old form of two keys. */
function external(value: Value, path: Path): Value {
  if (value === null) return null;
  if (!isMapping(value)) throw new ComposeError(`${shown(path)} must be a mapping`);
  const old = value.get("external");
  if (!isMapping(old)) return value;
  const secret: Mapping = new Map(value).set("external", true);
  const name = old.get("name");
  if (name !== undefined && !secret.has("name")) secret.set("name", name);
  return secret;
}

function wrongType(value: Value, path: Path, what?: string): ComposeError {
  const purpose = what === undefined ? "" : ` for ${what}`;
  return new ComposeError(`${shown(path)}: invalid type ${typeName(value)}${purpose}`);
}
