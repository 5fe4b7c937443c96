import { parseBool } from "../base/go/bool.ts";
import type { TlsOptions } from "../transports/dial.ts";
import { BuilderError } from "./builder_error.ts";
import { unknownOption } from "./making/read_option.ts";
import type { StoredNode } from "./store/node_group.ts";
import { isAbsolute } from "../base/paths.ts";

/** A node's driver options, parsed. */
export interface DriverOptions {
  readonly tls: TlsOptions;
  /** True: a result without another output is loaded into the docker engine. */
  readonly defaultLoad: boolean;
  /** The transport plugin that reaches the node. */
  readonly transport?: string;
}

/**
 * Reads a node's driver options, without opening the files that they name. Throws `BuilderError` in
 * buildx's words for an unknown key, a relative path, or half a key pair. `cacert` may be missing,
 * unlike in buildx: the system's certificates are used then.
 */
export function readDriverOptions(node: Pick<StoredNode, "driverOpts">): DriverOptions {
  const { cacert, cert, key, servername, "default-load": _, transport, ...unknown } =
    node.driverOpts ?? {};
  for (const name of Object.keys(unknown)) throw unknownOption(name, "remote");
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

/** Reads `default-load` alone, for drivers that make daemons. Throws `BuilderError`. */
export function readDefaultLoad({ driverOpts }: Pick<StoredNode, "driverOpts">): boolean {
  const load = driverOpts?.["default-load"];
  return load === undefined ? false : boolean(load);
}

function boolean(text: string): boolean {
  try {
    return parseBool(text);
  } catch (error) {
    throw new BuilderError((error as Error).message, { hint: "default-load is true or false" });
  }
}
