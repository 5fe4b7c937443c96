/**
 * A proxy between a client and a daemon that spoils the connection: latency, a narrow link, a cut
 * at an exact byte, silence. In userspace, because these machines' kernels have no netem.
 *
 * "Up" is from the client to the daemon, "down" the other way.
 */
import { type Link, link } from "./proxy_link.ts";
import { removeFolder } from "./remove_folder.ts";

/** The impairment of one direction of each connection. */
export interface Impairment {
  /** One way: both directions with 50 make a round trip of 100 ms. */
  delayMs?: number;
  bytesPerSecond?: number;
  /** Passes so many bytes of a connection on, then closes it both ways. 0: at the first byte. */
  cutAfter?: number;
  /** Passes so many bytes of a connection on, then nothing more; it stays open. */
  stallAfter?: number;
}

export interface ProxyOptions {
  /** `unix:///path` or `tcp://host:port` */
  to: string;
  /** Default "tcp", on loopback. */
  listen?: "tcp" | "unix";
  up?: Impairment;
  down?: Impairment;
  /**
   * Called with the client's bytes before they are passed on: `stall()` then holds these back, too.
   */
  hear?: (bytes: Uint8Array) => void;
}

export interface Proxy {
  /** `tcp://127.0.0.1:PORT` or `unix:///path` */
  readonly address: string;
  /** Connections so far. */
  readonly connections: number;
  /** Connections now. */
  readonly open: number;
  /** Bytes passed on so far, over all connections. */
  readonly bytes: { readonly up: number; readonly down: number };
  /** Closes all present connections both ways, at once. New ones are served. */
  cut(): void;
  /**
   * While on, no byte passes, on old and new connections: a dead network.
   * @param direction the only one that is dead; without it, both are
   */
  stall(on: boolean, direction?: "up" | "down"): void;
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function startProxy(options: ProxyOptions): Promise<Proxy> {
  const folder = await Deno.makeTempDir({ prefix: "fl-px-" });
  const path = `${folder}/s`;
  const listener = options.listen === "unix"
    ? Deno.listen({ transport: "unix", path })
    : Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const links = new Set<Link>();
  const running = new Set<Promise<void>>();
  const bytes = { up: 0, down: 0 };
  const gates = { up: makeGate(), down: makeGate() };
  let connections = 0;

  const serve = async (client: Deno.Conn) => {
    connections++;
    let daemon: Deno.Conn;
    try {
      daemon = await connect(options.to);
    } catch {
      return client.close();
    }
    const pair = link(client, daemon, {
      up: options.up ?? {},
      down: options.down ?? {},
      hear: options.hear ?? (() => {}),
      passed: (direction, count) => bytes[direction] += count,
      open: (direction) => gates[direction].open,
    });
    links.add(pair);
    await pair.ended;
    links.delete(pair);
  };

  const accepting = (async () => {
    try {
      for await (const client of listener) {
        const served = serve(client);
        running.add(served);
        served.finally(() => running.delete(served));
      }
    } catch {
      // Closed by stop().
    }
  })();

  const cut = () => links.forEach((pair) => pair.close());
  let stopping: Promise<void> | undefined;
  const stop = () =>
    stopping ??= (async () => {
      listener.close();
      gates.up.set(true);
      gates.down.set(true);
      cut();
      await accepting;
      // One that was still connecting joins the links only now.
      while (running.size > 0) {
        cut();
        await Promise.race([...running]);
      }
      await removeFolder(folder);
    })();

  return {
    address: options.listen === "unix"
      ? `unix://${path}`
      : `tcp://127.0.0.1:${(listener.addr as Deno.NetAddr).port}`,
    get connections() {
      return connections;
    },
    get open() {
      return links.size;
    },
    bytes,
    cut,
    stall(on, direction) {
      if (direction !== "down") gates.up.set(!on);
      if (direction !== "up") gates.down.set(!on);
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** Opens an address as `to` has them. */
export function connect(to: string): Promise<Deno.Conn> {
  const path = /^unix:\/\/(.+)$/.exec(to)?.[1];
  if (path !== undefined) return Deno.connect({ transport: "unix", path });
  const { hostname, port } = new URL(to.replace(/^tcp:/, "http:"));
  return Deno.connect({ hostname: hostname.replace(/^\[|\]$/g, ""), port: Number(port) });
}

/** `open` is a promise that is pending while the gate is shut. */
function makeGate() {
  const gate = { open: Promise.resolve(), set };
  let release: (() => void) | undefined;
  function set(open: boolean) {
    if (open) {
      release?.();
      release = undefined;
    } else if (release === undefined) {
      const { promise, resolve } = Promise.withResolvers<void>();
      gate.open = promise;
      release = resolve;
    }
  }
  return gate;
}
