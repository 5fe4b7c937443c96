import type { TlsOptions } from "../../transports/dial.ts";
import type { Registry } from "../../transports/registry.ts";
import type { DialError } from "../../transports/errors.ts";
import type { DialContext, Env } from "../../transports/transport.ts";
import type { Maker } from "../making/maker.ts";
import type { NodeMember, StoredNode } from "../store/node_group.ts";

/** A node's daemon: its endpoint, and the options of the connection. */
export interface NodeTarget {
  readonly registry: Registry;
  readonly endpoint: string;
  readonly tls: TlsOptions;
}

/** The surroundings in which a node's daemon is found. */
export interface Surroundings {
  readonly registry: Registry;
  readonly env: Env;
}

/** One of buildx's drivers: where the daemons of its nodes are, and how they are made. */
export interface Driver {
  /** The name in the store. */
  readonly name: string;
  /** Finds the node's daemon. Throws `BuilderError` for a node with wrong options. */
  target(node: StoredNode, surroundings: Surroundings): NodeTarget;
  /**
   * Lists the daemons of a node that may have several; `target` takes a node with one of them.
   * Absent where a node is one daemon. Throws as `target`, `DialError`, or the signal's reason.
   */
  members?(node: StoredNode, context: DialContext): Promise<NodeMember[]>;
  /** Whether a build without an output goes into the docker engine. Throws `BuilderError`. */
  loads(node: StoredNode): boolean;
  /**
   * Gives the remedy for a node that can't be reached, as a sentence without full stop; undefined
   * where the error's own hint is enough.
   */
  remedy?(node: StoredNode, builder: string, error: DialError, env: Env): string | undefined;
  /** Boots, stops and removes daemons; absent where the driver uses those of others. */
  maker?(): Promise<Maker>;
}
