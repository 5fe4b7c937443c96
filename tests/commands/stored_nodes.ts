import type { Builder } from "../../builders/builder.ts";
import { parsePlatforms } from "../../builders/platforms.ts";
import type { StoredNode } from "../../builders/store/node_group.ts";

/** A node that has nothing but a name, unless `more` says otherwise. */
export function nodeOf(name: string, more: Partial<StoredNode> = {}): StoredNode {
  const none = { platforms: null, driverOpts: null, flags: null, files: null };
  return { name, endpoint: `tcp://${name}:1`, ...none, extra: {}, ...more };
}

/** A builder of remote nodes. @param nodes each one's fixed platforms; empty for none */
export function builderOf(nodes: Readonly<Record<string, string>>): Builder {
  return {
    ...{ name: "b", driver: "remote", dynamic: false, extra: {}, origin: "store" },
    lastActivity: () => undefined,
    nodes: Object.entries(nodes).map(([name, fixed]) =>
      nodeOf(name, { platforms: fixed ? parsePlatforms([fixed]) : null })
    ),
  };
}
