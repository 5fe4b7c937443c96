import { parseBool } from "../base/go/bool.ts";
import type { TlsOptions } from "../transports/dial.ts";
import { nearest } from "../base/nearest.ts";
import { BuilderError } from "./builder_error.ts";
import type { StoredNode } from "./store/node_group.ts";
import { isAbsolute } from "../base/paths.ts";

/** What `--driver-opt` takes for the remote driver. */
export const driverOptionNames = [
  "cacert",
  "cert",
  "key",
  "servername",
  "default-load",
  "transport",
] as const;

/** A node's driver options, understood. */
export interface DriverOptions {
  readonly tls: TlsOptions;
  /** Load a result that has no other output into the docker engine. */
  readonly defaultLoad: boolean;
  /** The transport plugin that reaches the node. */
  readonly transport?: string;
}

/**
 * Reads a node's driver options; files are named, not opened. Throws `BuilderError` in buildx's words
 * for a key that is unknown, a path that is relative, half a key pair. Unlike in buildx `cacert` may
 * be missing: then the system's certificates hold.
 */
export function readDriverOptions(node: Pick<StoredNode, "driverOpts">): DriverOptions {
  const { cacert, cert, key, servername, "default-load": _, transport, ...unknown } =
    node.driverOpts ?? {};
  for (const name of Object.keys(unknown)) throw unknownOption(name);
  for (const [name, path] of Object.entries({ cacert, cert, key, transport })) {
    if (path !== undefined && !isAbsolute(path)) {
      throw new BuilderError(`non-absolute path '${path}' provided for ${name}`, {
        hint: `write the whole path: other programs read the builder from other folders`,
      });
    }
  }
  const missing = cert && !key ? "key" : key && !cert ? "cert" : undefined;
  if (missing !== undefined) {
    throw new BuilderError(`tls enabled, but missing keys ${missing}`, {
      hint: `a client certificate needs both: add --driver-opt ${missing}=PATH`,
    });
  }
  return {
    tls: {
      ...cacert !== undefined && { cacert },
      ...cert !== undefined && { cert },
      ...key !== undefined && { key },
      ...servername !== undefined && { servername },
    },
    defaultLoad: readDefaultLoad(node),
    ...transport !== undefined && { transport },
  };
}

/** `default-load` alone, among the options of a driver that starts daemons. Throws `BuilderError`. */
export function readDefaultLoad({ driverOpts }: Pick<StoredNode, "driverOpts">): boolean {
  const load = driverOpts?.["default-load"];
  return load === undefined ? false : boolean(load);
}

function unknownOption(name: string): BuilderError {
  const near = nearest(name, driverOptionNames);
  const known = `the options are ${driverOptionNames.join(", ")}`;
  return new BuilderError(`invalid driver option ${name} for remote driver`, {
    hint: near === undefined ? known : `did you mean ${near}? ${known}`,
  });
}

function boolean(text: string): boolean {
  try {
    return parseBool(text);
  } catch (error) {
    throw new BuilderError((error as Error).message, { hint: "default-load is true or false" });
  }
}
