/** `extends`: merges a service over another one, of the same file or of another file. */
import { ComposeError } from "../error.ts";
import { type Layer, mergeEntry, mergeLayer, readLayers, type World } from "./layer.ts";
import type { Path } from "./path.ts";
import { folderOf } from "../../base/paths.ts";
import { join, resolvePaths } from "./paths.ts";
import type { Lookup } from "./template.ts";
import { isMapping, type Mapping, type Value } from "./value.ts";

/** The data for opening another file. */
interface ExtendsContext {
  readonly world: World;
  readonly env: Lookup;
  /** The folder that names of files are relative to. */
  readonly folder: string;
}

/** Services of one file, and the paths that its `!reset` and `!override` remove. */
interface Scope {
  readonly file: string;
  readonly services: Mapping;
  readonly resets: readonly Path[];
}

interface Link {
  readonly file: string;
  readonly service: string;
}

/** Merges each service of the layer over the service that it extends. Throws `ComposeError`. */
export function extendServices(file: string, layer: Layer, context: ExtendsContext): void {
  const services = layer.model.get("services");
  if (!isMapping(services)) return;
  const scope: Scope = { file, services, resets: layer.resets };
  for (const name of services.keys()) extended(name, scope, [], context);
}

/** The extended service, null for an empty one. It replaces the service in its scope. */
function extended(
  name: string,
  scope: Scope,
  chain: readonly Link[],
  context: ExtendsContext,
): Value {
  const service = scope.services.get(name) ?? null;
  if (!isMapping(service) || !service.has("extends")) return service;
  const { ref, file } = target(name, service.get("extends")!);
  const below = file === undefined ? scope : openBase(name, ref, scope.file, file, context);
  if (file === undefined && !scope.services.has(ref)) {
    throw new ComposeError(
      `cannot extend service "${name}" in ${scope.file}: service "${ref}" not found`,
    );
  }
  const longer = linked(chain, { file: file ?? scope.file, service: name });
  const base = extended(ref, below, longer, context);
  const own = new Map(service);
  own.delete("extends");
  const merged = mergeEntry(["services", name], base, own, scope) as Mapping;
  merged.delete("extends");
  scope.services.set(name, merged);
  return merged;
}

function target(name: string, value: Value): { ref: string; file?: string } {
  if (typeof value === "string") return { ref: value };
  const ref = isMapping(value) ? value.get("service") : undefined;
  if (typeof ref !== "string") throw new ComposeError(`extends.${name}.service is required`);
  const file = (value as Mapping).get("file");
  return typeof file === "string" ? { ref, file } : { ref };
}

/** The chain with one more link. Throws `ComposeError` for a link that it already has. */
function linked(chain: readonly Link[], link: Link): Link[] {
  const longer = [...chain, link];
  if (!chain.some(({ file, service }) => file === link.file && service === link.service)) {
    return longer;
  }
  const [first, ...others] = longer.map(({ file, service }) => `${service} in ${file}`);
  const lines = [`  ${first}`, ...others.map((line) => `  extends ${line}`)];
  throw new ComposeError(`Circular reference:\n${lines.join("\n")}`);
}

/** Opens another file, whose paths are relative to its own folder. */
function openBase(
  name: string,
  ref: string,
  from: string,
  file: string,
  { world, env, folder }: ExtendsContext,
): Scope {
  const path = file.startsWith("/") ? file : join(folder, file);
  const text = world.readText(path);
  if (text === undefined) throw new ComposeError(`open ${path}: no such file or directory`);
  const layers = readLayers({ name: path, text }, env, world);
  const base = { folder: relativeTo(folder, folderOf(path)), home: world.home };
  const model = resolvePaths(layers.reduce(mergeLayer, new Map()), base) as Mapping;
  const services = model.get("services");
  const where = `cannot extend service "${name}" in`;
  if (!isMapping(services)) throw new ComposeError(`${where} ${path}: no services section`);
  if (!services.has(ref)) {
    throw new ComposeError(`${where} ${from}: service "${ref}" not found in ${file}`);
  }
  return { file, services, resets: layers.at(-1)?.resets ?? [] };
}

/** A path relative to the project's folder, which `resolvePaths` later adds again. */
function relativeTo(folder: string, path: string): string {
  if (path.startsWith("/")) return path;
  const from = folder.split("/").filter((part) => part !== "" && part !== ".");
  const to = path.split("/").filter((part) => part !== "" && part !== ".");
  while (from.length > 0 && from[0] === to[0]) {
    from.shift();
    to.shift();
  }
  return from.includes("..") ? path : [...from.map(() => ".."), ...to].join("/");
}
