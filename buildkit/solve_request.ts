/** The options of a build, and the request that carries them to the daemon. Pure. */
import { byKey } from "../base/by_key.ts";
import { readBool } from "../base/go/bool.ts";
import type { CacheOptionsEntry, SolveRequest } from "../proto/gen/control_types.ts";
import { newId } from "../base/identity.ts";

/** A kind with its attributes: an exporter, or a cache to read or write. */
export interface Typed {
  /** `local`, `registry` … */
  readonly type: string;
  /** The attributes, as the command line's `key=value` pairs. */
  readonly attrs: Readonly<Record<string, string>>;
}

/** A build by the Dockerfile frontend, as the command line put it. */
export interface BuildOptions {
  /** The Dockerfile's path inside the mount `dockerfile`, or inside a remote context. */
  readonly filename: string;
  /** The stage to build; without it the last. */
  readonly target?: string | undefined;
  /** Build arguments, by name. */
  readonly buildArgs: Readonly<Record<string, string>>;
  /** The image's labels. */
  readonly labels: Readonly<Record<string, string>>;
  /** Normalised, `linux/arm/v7`; empty for the daemon's own. */
  readonly platforms: readonly string[];
  /** Asks the registry again for each image, also one that the daemon has. */
  readonly pull: boolean;
  /** The outputs. */
  readonly exporters: readonly Typed[];
  /** Caches to read. */
  readonly cacheFrom: readonly Typed[];
  /** Caches to write. */
  readonly cacheTo: readonly Typed[];
  /** Further attributes for the frontend: `no-cache`, `attest:provenance`, `vcs:revision` … */
  readonly attrs?: Readonly<Record<string, string>>;
  /** The entitlements of the steps: `network.host` … */
  readonly entitlements?: readonly string[];
  /** Rules on where the build may take things from: a Policy of moby.buildkit.v1.sourcepolicy. */
  readonly sourcePolicy?: Uint8Array;
}

/** buildx's default: provenance of the least kind, inside the image only. */
export const DEFAULT_PROVENANCE = "mode=min,inline-only=true";

/**
 * The request of a build. The frontend runs in the daemon: `Frontend` names it, and no gateway API
 * drives it. That saves three round trips, with the same result.
 */
export function solveRequest(ref: string, session: string, build: BuildOptions): SolveRequest {
  const exporters = build.exporters.map(({ type, attrs }) => ({ Type: type, Attrs: { ...attrs } }));
  const imports = build.cacheFrom.map(({ type, attrs }) => ({ Type: type, Attrs: { ...attrs } }));
  const exports = build.cacheTo.map(({ type, attrs }) => ({ Type: type, Attrs: { ...attrs } }));
  const inline = build.buildArgs["BUILDKIT_INLINE_CACHE"];
  if (inline !== undefined && readBool(inline) && !exports.some(({ Type }) => Type === "inline")) {
    exports.push({ Type: "inline", Attrs: {} });
  }
  const { frontend, attrs } = frontendAttrs(build);
  if (imports.length > 0) attrs["cache-imports"] = importsText(imports);
  return {
    Ref: ref,
    Definition: undefined,
    // Daemons before 0.13 know one exporter, and only these two fields.
    ExporterDeprecated: exporters[0]?.Type ?? "",
    ExporterAttrsDeprecated: exporters[0]?.Attrs ?? {},
    Session: session,
    Frontend: frontend,
    FrontendAttrs: attrs,
    Cache: { Exports: exports, Imports: imports },
    Entitlements: [...build.entitlements ?? []],
    FrontendInputs: {},
    Internal: false,
    SourcePolicy: build.sourcePolicy ?? new Uint8Array(0),
    Exporters: exporters,
    EnableSessionExporter: false,
    SourcePolicySession: "",
    ProxyNetwork: false,
  };
}

function frontendAttrs(build: BuildOptions): { frontend: string; attrs: Record<string, string> } {
  const attrs: Record<string, string> = { filename: build.filename };
  let frontend = "dockerfile.v0";
  for (const [name, value] of Object.entries(build.buildArgs)) {
    attrs[`build-arg:${name}`] = value;
    if (name === "BUILDKIT_SYNTAX") {
      frontend = "gateway.v0";
      attrs["source"] = value.trim().split(" ", 1)[0]!;
      attrs["cmdline"] = value;
    }
    if (name === "BUILDKIT_MULTI_PLATFORM" && readBool(value)) attrs["multi-platform"] = "true";
  }
  for (const [name, value] of Object.entries(build.labels)) attrs[`label:${name}`] = value;
  if (build.target) attrs["target"] = build.target;
  if (build.platforms.length > 0) attrs["platform"] = build.platforms.join(",");
  if (build.pull) attrs["image-resolve-mode"] = "pull";
  return { frontend, attrs: { ...attrs, ...build.attrs } };
}

/**
 * Makes a request to build a Dockerfile, with its own name and session. Omitted options are as in
 * `fairlead build` without flags, but without provenance.
 */
export function dockerfileRequest(build: Partial<BuildOptions>): SolveRequest {
  return solveRequest(newId(), newId(), {
    filename: "Dockerfile",
    buildArgs: {},
    labels: {},
    platforms: [],
    pull: false,
    exporters: [],
    cacheFrom: [],
    cacheTo: [],
    ...build,
  });
}

/** The text as Go writes it, because it is recorded: attributes in order, none left empty. */
function importsText(imports: readonly CacheOptionsEntry[]): string {
  return JSON.stringify(imports.map(({ Type, Attrs }) => {
    const sorted = Object.entries(Attrs).sort(byKey);
    return { Type, ...sorted.length > 0 && { Attrs: Object.fromEntries(sorted) } };
  }));
}
