import type { TlsOptions } from "../../transports/dial.ts";
import type { Registry } from "../../transports/registry.ts";
import type { DialError } from "../../transports/errors.ts";
import type { DialContext, Env } from "../../transports/transport.ts";
import type { Maker } from "../making/maker.ts";
import type { NodeMember, StoredNode } from "../store/node_group.ts";

/** Where a node's daemon answers, and how. */
export interface NodeTarget {
  readonly registry: Registry;
  readonly endpoint: string;
  readonly tls: TlsOptions;
}

/** What finding a node's daemon goes by, beside the node. */
export interface Surroundings {
  readonly registry: Registry;
  readonly env: Env;
}

/** One of buildx's drivers: where the daemons of its nodes are, and how they are made. */
export interface Driver {
  /** As the store has it. */
  readonly name: string;
  /** Where the node's daemon is. Throws `BuilderError` for a node that says it wrongly. */
  target(node: StoredNode, surroundings: Surroundings): NodeTarget;
  /**
   * The daemons of a node that may have several, where it runs; `target` takes a node with one of
   * them. Absent where a node is a daemon. Throws as `target`, `DialError`, or the signal's reason.
   */
  members?(node: StoredNode, context: DialContext): Promise<NodeMember[]>;
  /** Whether a build without an output goes into the docker engine. Throws `BuilderError`. */
  loads(node: StoredNode): boolean;
  /**
   * What a user can do about a node that isn't there, as a sentence without full stop; undefined
   * where the error's own hint says it.
   */
  remedy?(node: StoredNode, builder: string, error: DialError, env: Env): string | undefined;
  /** Boots, stops and removes daemons; absent where the driver uses those of others. */
  maker?(): Promise<Maker>;
  /**
   * The command that stops the daemon of a node that buildx has made, where fairlead can't; absent where
   * `maker` can, or where there is nothing to stop.
   */
  stopCommand?(node: StoredNode, env: Env): string;
}
