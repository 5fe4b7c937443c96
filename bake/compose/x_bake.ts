/**
 * `x-bake` below `build`: attributes that bake has and compose does not
 * (https://docs.docker.com/build/bake/compose-file/#extension-field-with-x-bake).
 */
import { parseCaches } from "../../grammar/cache.ts";
import { parseOutputs } from "../../grammar/output.ts";
import { parseSecrets } from "../../grammar/secret.ts";
import { parseAgent } from "../../grammar/ssh.ts";
import type { Target } from "../target.ts";
import { ComposeError } from "../error.ts";
import { byKey } from "../../base/by_key.ts";
import { linkedContexts } from "./names.ts";
import { isMapping, textOf, type Value } from "./value.ts";

/** The target merged with its extension. Lists are appended; duplicates are removed later. */
export function extend(target: Target, value: Value | undefined): Target {
  if (value === undefined || value === null) return target;
  if (!isMapping(value)) throw new ComposeError("x-bake must be a mapping");
  const texts = (key: string) => textsOf(value.get(key), `x-bake.${key}`);
  const added = <T>(key: keyof Target, more: T[]) =>
    more.length > 0 ? { [key]: [...target[key] as T[] | undefined ?? [], ...more] } : {};
  const once = (key: keyof Target, more: string[]) =>
    more.length > 0 ? { [key]: [...new Set([...target[key] as string[] ?? [], ...more])] } : {};
  const flag = (key: "pull" | "no-cache") => {
    const set = value.get(key);
    return set === undefined || set === null ? {} : { [key]: yamlBool(set, key) };
  };
  const named = linkedContexts(new Map(contextsOf(value.get("contexts"))));
  const ssh = added("ssh", texts("ssh").map(parseAgent));
  ssh.ssh?.sort((a, b) => byKey([a.id], [b.id]));
  return {
    ...target,
    ...once("tags", texts("tags")),
    ...added("cache-from", parseCaches(texts("cache-from"))),
    ...added("cache-to", parseCaches(texts("cache-to"))),
    ...added("secret", parseSecrets(texts("secret"))),
    ...ssh,
    ...once("platforms", texts("platforms")),
    ...added("output", parseOutputs(texts("output"))),
    ...flag("pull"),
    ...flag("no-cache"),
    ...once("no-cache-filter", texts("no-cache-filter")),
    ...named.size > 0 && { contexts: new Map([...named, ...target.contexts ?? []]) },
  };
}

/** A list, or one text that is split at spaces. Null values are ignored. */
function textsOf(value: Value | undefined, place: string): string[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) return scalarText(value, place).split(/\s+/).filter(Boolean);
  return value.filter((item) => item !== null).map((item) => scalarText(item, place));
}

function contextsOf(value: Value | undefined): [name: string, context: string][] {
  if (value === undefined || value === null) return [];
  if (!isMapping(value)) throw new ComposeError("x-bake.contexts must be a mapping");
  return [...value].filter(([, context]) => context !== null).map((
    [name, context],
  ) => [name, scalarText(context, `x-bake.contexts.${name}`)]);
}

function scalarText(value: Value, place: string): string {
  if (!Array.isArray(value) && !isMapping(value)) return textOf(value);
  const found = isMapping(value) ? "a mapping" : "a list";
  throw new ComposeError(`${place} must be text, and here is ${found}: ${textOf(value)}`);
}

/** A boolean, also in YAML 1.1's words. */
function yamlBool(value: Value, key: string): boolean {
  if (typeof value === "boolean") return value;
  const text = textOf(value).toLowerCase();
  if (["y", "yes", "on", "true"].includes(text)) return true;
  if (["n", "no", "off", "false"].includes(text)) return false;
  throw new ComposeError(`x-bake.${key} must be a boolean`);
}
