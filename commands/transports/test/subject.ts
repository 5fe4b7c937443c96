/** The endpoint that the cases of the conformance kit test. */
import { schemeOf } from "../../../transports/endpoint.ts";
import { askMetadata } from "../../../transports/plugins/ask.ts";
import type { Metadata } from "../../../transports/plugins/metadata.ts";
import { atPath, locate, type PluginFile } from "../../../transports/plugins/locate.ts";
import type { Registry } from "../../../transports/registry.ts";
import type { Connection, DialContext, Transport } from "../../../transports/transport.ts";
import type { Deps } from "../../../cli/deps.ts";

/** A case, which throws if the transport fails it, and may resolve to a note. */
export type Case = (kit: Kit) => Promise<string | void>;

/** An endpoint under test. */
export interface Kit extends AsyncDisposable {
  readonly deps: Deps;
  readonly url: string;
  readonly transport: Transport;
  /** The file of a plugin; absent for a built-in transport. */
  readonly file?: PluginFile;
  /**
   * The metadata of an executable plugin, which is asked once. Rejects with the same error each
   * time.
   */
  metadata(): Promise<Metadata>;
  /** Whether an error is that of `metadata`: no case can pass then. */
  lacksMetadata(error: unknown): boolean;
  /** A folder of the kit's own. */
  readonly folder: string;
  /** Opens a connection to the daemon. */
  dial(signal?: AbortSignal): Promise<Connection>;
  context(signal?: AbortSignal): DialContext;
}

/** Makes a kit. Throws `EndpointError`. */
export async function makeKit(deps: Deps, url: string, debug: boolean): Promise<Kit> {
  const { registry } = deps;
  const transport = registry.find(url);
  const spec = transport.parse(url);
  const file = fileOf(url, registry, deps);
  let asked: Promise<Metadata> | undefined;
  let failure: unknown;
  const folder = await Deno.makeTempDir({ prefix: "fairlead-kit-" });
  const context = (signal = deps.signal): DialContext => ({
    signal,
    env: deps.env,
    log: debug ? (line) => deps.stderr.write(line + "\n") : () => {},
    step: () => {},
    debug,
  });
  return {
    deps,
    url,
    transport,
    ...file !== undefined && { file },
    metadata() {
      asked ??= askMetadata(file!.path);
      asked.catch((error) => failure = error);
      return asked;
    },
    lacksMetadata: (error) => failure !== undefined && error === failure,
    folder,
    context,
    dial: (signal) => transport.dial(spec, context(signal)),
    async [Symbol.asyncDispose]() {
      await Deno.remove(folder, { recursive: true }).catch(() => {});
    },
  };
}

/** The plugin behind an endpoint; undefined for a built-in transport. */
function fileOf(url: string, registry: Registry, { env }: Deps): PluginFile | undefined {
  const scheme = schemeOf(url)!;
  const path = registry.named.get(scheme);
  if (path !== undefined) return atPath(scheme, path);
  if (registry.transports.some((transport) => transport.scheme === scheme)) return undefined;
  return locate(scheme, env);
}
