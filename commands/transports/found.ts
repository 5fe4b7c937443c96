/** Finds the transports for `fairlead transports`: built-in ones and plugins' files. */
import { METADATA_MS } from "../../transports/plugins/ask.ts";
import { plain } from "../../transports/net/process.ts";
import { MetadataError } from "../../transports/plugins/metadata.ts";
import { atPath, type PluginFile } from "../../transports/plugins/locate.ts";
import { within } from "../../base/async.ts";
import type { Registry } from "../../transports/registry.ts";
import type { OptionSpec } from "../../transports/transport.ts";
import { version as ours } from "../../version.ts";

/** One transport. */
export interface Found {
  readonly scheme: string;
  readonly kind: "built-in" | PluginFile["kind"];
  /** Empty for a built-in one. */
  readonly path: string;
  readonly name: string;
  readonly version: string;
  readonly vendor: string;
  readonly summary: string;
  /** `ok`; `shadowed`: another one serves the scheme; `broken`: see `problem`. */
  readonly status: "ok" | "shadowed" | "broken";
  /** The problem of a broken one, or the transport that serves the scheme instead. */
  readonly problem: string;
  readonly hint: string;
  /** The handshake of an executable plugin. */
  readonly handshake: string;
  /** Versions of the plugin protocol, `1` or `1 to 2`; empty where that isn't known. */
  readonly protocol: string;
  readonly options: readonly OptionSpec[];
}

/**
 * Lists the transports by scheme, the one in use first; with `scheme`, only that scheme's. Each
 * plugin is asked, so a plugin that hangs takes seconds; modules are loaded.
 */
export async function findTransports(registry: Registry, scheme?: string): Promise<Found[]> {
  const wanted = (at: { readonly scheme: string }) => scheme === undefined || at.scheme === scheme;
  const named = [...registry.named].map(([scheme, path]) => atPath(scheme, path));
  const files = [...named, ...registry.plugins?.list() ?? []].filter(wanted);
  const asked = await Promise.all(
    files.map(async (file) => inLines(await describe(file, registry))),
  );
  const builtIn = registry.transports.filter(wanted).map((transport): Found => ({
    ...empty,
    scheme: transport.scheme,
    kind: "built-in",
    name: transport.scheme,
    version: ours.number,
    vendor: "fairlead",
    summary: transport.summary,
    options: transport.options,
  }));
  // Built-in transports come after plugins of the command line, and before plugins in folders.
  const ordered = [
    ...asked.slice(0, named.filter(wanted).length),
    ...builtIn,
    ...asked.slice(named.filter(wanted).length),
  ];
  const first = new Map<string, Found>();
  for (const found of ordered) if (!first.has(found.scheme)) first.set(found.scheme, found);
  return [...first.values()].flatMap((winner) =>
    ordered.filter((found) => found.scheme === winner.scheme)
      .map((found) => found === winner ? found : shadowed(found, winner))
  );
}

const empty = {
  path: "",
  name: "",
  version: "",
  vendor: "",
  summary: "",
  status: "ok" as const,
  problem: "",
  hint: "",
  handshake: "",
  protocol: "",
  options: [],
};

/** Makes each text of a plugin one line, without control characters. */
function inLines(found: Found): Found {
  const line = (value: unknown) => plain(String(value)).replace(/\s+/g, " ").trim();
  const options = Array.isArray(found.options) ? found.options as OptionSpec[] : [];
  return {
    ...found,
    name: line(found.name),
    version: line(found.version),
    vendor: line(found.vendor),
    summary: line(found.summary),
    options: options.map((option) => ({
      ...option,
      name: line(option.name),
      summary: line(option.summary),
    })),
  };
}

function shadowed(found: Found, by: Found): Found {
  const problem = by.kind === "built-in"
    ? `${found.scheme} is built in`
    : `${by.path} comes before it`;
  const hint = `to use this one: --transport-plugin ${found.scheme}=${found.path}`;
  return { ...found, status: "shadowed", problem, hint };
}

async function describe(file: PluginFile, { plugins }: Registry): Promise<Found> {
  const { scheme, path, kind, refused } = file;
  const base: Found = { ...empty, scheme, path, kind };
  const broken = (problem: string, hint: string): Found => ({
    ...base,
    status: "broken",
    problem,
    hint,
  });
  if (refused !== undefined) return broken(refused.problem, refused.hint);
  if (kind === "module") return await describeModule(base, broken);
  try {
    const metadata = await plugins!.metadata(path);
    const { min, max } = metadata.protocol;
    if (!metadata.schemes.includes(scheme)) {
      const list = metadata.schemes.join(", ");
      return broken(`it serves ${list}, not ${scheme}`, "name its file after its scheme");
    }
    const { name, version, vendor = "", summary, handshake, options = [] } = metadata;
    const protocol = min === max ? `${min}` : `${min} to ${max}`;
    return { ...base, name, version, vendor, summary, handshake, protocol, options };
  } catch (error) {
    if (!(error instanceof MetadataError)) throw error;
    return broken(error.message, error.hint);
  }
}

async function describeModule(
  base: Found,
  broken: (problem: string, hint: string) => Found,
): Promise<Found> {
  const { loadModule, textOf } = await import("../../transports/plugins/module.ts");
  const hint = "see docs/writing-a-transport.md";
  try {
    let module: Awaited<ReturnType<typeof loadModule>> | undefined;
    await within(loadModule(base.path).then((loaded) => void (module = loaded)), METADATA_MS);
    if (module === undefined) return broken(`it did not load within ${METADATA_MS / 1000} s`, hint);
    const { version = "", summary = "", options = [] } = module;
    return { ...base, name: base.scheme, version, summary, options };
  } catch (error) {
    return broken(`it can't be loaded: ${textOf(error)}`, hint);
  }
}
