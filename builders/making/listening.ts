/** Daemons in containers that also listen on TCP. */
import type { StoredNode } from "../store/node_group.ts";

/** The folder of the daemon's certificates, below its folder of configuration. */
export const LISTEN_FOLDER = "certs/listen";

/** The additions to a node whose daemon listens on TCP, with mutual TLS. */
export interface Listening {
  /** Added to the flags of the daemon. */
  readonly flags: readonly string[];
  /** The daemon's certificates: base64 by path, as the store keeps files. */
  readonly files: Readonly<Record<string, string>>;
}

/**
 * The TCP port of a node that `create --listen` has made, which the engine has to publish.
 * Undefined for other nodes, whatever their flags: their containers are the same as buildx's.
 */
export function listenPort({ files, flags }: Pick<StoredNode, "files" | "flags">) {
  if (files?.[`${LISTEN_FOLDER}/key.pem`] === undefined) return undefined;
  for (const flag of flags ?? []) {
    const port = /^--addr=tcp:\/\/.*:(\d+)$/.exec(flag)?.[1];
    if (port !== undefined) return Number(port);
  }
  return undefined;
}
