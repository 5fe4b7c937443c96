import { errorText } from "../../base/error_text.ts";
import { withSignal } from "../../cli/deps.ts";
import type { Builder } from "../../builders/builder.ts";
import { BuilderError } from "../../builders/builder_error.ts";
import type { Share } from "../../builders/placement.ts";
import { formatPlatform } from "../../builders/platforms.ts";
import type { Client } from "../../buildkit/client.ts";
import { connectNode, type ConnectNodeOptions } from "./connect_nodes.ts";

/** The connections of one run: one to each node that it needs, for all targets. */
export interface NodeClients {
  /** The node's connection, dialled when it is first asked for. Rejects as `connectNode` does. */
  at(index: number): Promise<Client>;
  /** The connection for a job. With several nodes, an error names the node and its platforms. */
  of(share: Share): Promise<Client>;
  /** Closes all connections. */
  close(): Promise<void>;
}

/** Makes clients of a builder's nodes, by the nodes' index. It opens no connection yet. */
export function nodeClients(
  { builder, deps, ...rest }: { readonly builder: Builder } & ConnectNodeOptions,
): NodeClients {
  const { nodes } = builder;
  const clients = new Map<number, Promise<Client>>();
  const over = nodes.length > 1 ? new AbortController() : undefined;
  const own = over ? withSignal(deps, over.signal) : deps;
  const at = (index: number) => {
    const known = clients.get(index);
    if (known !== undefined) return known;
    const client = connectNode(builder, nodes[index]!, { ...rest, deps: own });
    client.catch(() => {});
    clients.set(index, client);
    return client;
  };
  return {
    at,
    async of(share) {
      try {
        return await at(share.index);
      } catch (error) {
        if (nodes.length === 1 || deps.signal.aborted) throw error;
        // No other machine replaces a node, because its result might differ.
        throw new BuilderError(`${jobText(share)}: ${errorText(error)}`, { cause: error });
      }
    },
    async close() {
      // A node that doesn't answer must not delay the end.
      over?.abort(new Error("the build is over"));
      await Promise.all([...clients.values()].map(async (client) => {
        await client.then((client) => client.close(), () => {});
      }));
    },
  };
}

/** `node b (linux/arm64)`. */
export function jobText({ node, platforms }: Pick<Share, "node" | "platforms">): string {
  const what = platforms.length > 0 ? ` (${platforms.map(formatPlatform).join(", ")})` : "";
  return `node ${node.name}${what}`;
}
