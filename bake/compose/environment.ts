/** The variables of a service. Build arguments without a value take theirs from these. */
import { ComposeError } from "../error.ts";
import { readDotenv } from "./dotenv.ts";
import { composeBool } from "./interpolate.ts";
import type { World } from "./layer.ts";
import { pairsOf } from "./pairs.ts";
import type { Lookup } from "./template.ts";
import { listOf, type Mapping, mappingOf, type Value } from "./value.ts";

/** `environment`, merged over the files of `env_file`. Throws `ComposeError` for a missing file. */
export function serviceEnvironment(
  service: Mapping,
  env: Lookup,
  world: World,
): Map<string, string> {
  const own = new Map<string, string>();
  for (const [name, value] of pairsOf(service.get("environment"))) {
    const set = value ?? env(name);
    if (set !== undefined) own.set(name, set);
  }
  const all = new Map(own);
  for (const file of listOf(service.get("env_file"))) {
    readEnvFile(mappingOf(file), all, (name) => env(name) ?? own.get(name), world);
  }
  for (const [name, value] of own) all.set(name, value);
  return all;
}

function readEnvFile(
  file: Mapping,
  into: Map<string, string>,
  lookup: (name: string) => string | undefined,
  world: World,
): void {
  const path = String(file.get("path"));
  const format = file.get("format");
  const text = world.readText(path);
  if (text === undefined) {
    if (!isRequired(file.get("required"), world)) return;
    throw new ComposeError(
      `env file ${path} not found: stat ${path}: no such file or directory`,
    );
  }
  if (typeof format === "string" && format !== "" && format !== ".env") {
    throw new ComposeError(`unsupported env_file format ${JSON.stringify(format)}`);
  }
  readDotenv(path, text, into, lookup, world);
}

function isRequired(value: Value | undefined, { warn }: World): boolean {
  return typeof value === "string" ? composeBool(value, warn) : value !== false;
}
