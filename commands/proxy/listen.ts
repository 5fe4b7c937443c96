import { errorText } from "../../base/error_text.ts";
import { UsageError } from "../../base/usage_error.ts";

/** A local socket. Closing it ends `connections` and removes the socket's file. */
export interface LocalListener extends Disposable {
  /** The address as clients write it. */
  readonly address: string;
  connections(): AsyncIterable<Deno.Conn>;
  close(): void;
}

const LOOPBACK = /^tcp:\/\/(127\.\d+\.\d+\.\d+|localhost|\[::1\]):(\d{1,5})$/;

/**
 * Listens at an address that only this machine, or for a unix socket only this user, can connect
 * to. Throws `UsageError`.
 */
export async function listenLocally(address: string): Promise<LocalListener> {
  if (address.startsWith("unix://")) {
    const path = address.slice("unix://".length);
    if (path === "") {
      throw new UsageError(
        "--listen has no path",
        "for example: --listen unix:///tmp/buildkitd.sock",
      );
    }
    return await wrap(() => listenUnix(path), address);
  }
  const [, host, port] = LOOPBACK.exec(address) ?? [];
  if (host === undefined) {
    throw new UsageError(
      `cannot listen on ${JSON.stringify(address)}: it is neither a unix socket nor loopback TCP`,
      "anyone who can reach the port can run anything on the daemon's machine: use unix:///PATH or " +
        "tcp://127.0.0.1:PORT",
    );
  }
  const hostname = host.replace(/[[\]]/g, "");
  return await wrap(() => Deno.listen({ hostname, port: Number(port) }), address);
}

async function wrap(
  listen: () => Deno.Listener | Promise<Deno.Listener>,
  address: string,
): Promise<LocalListener> {
  let listener: Deno.Listener;
  try {
    listener = await listen();
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(
      `cannot listen on ${address}: ${reasonOf(error, address)}`,
      "choose another address",
    );
  }
  let closed = false;
  const close = () => {
    if (closed) return;
    closed = true;
    listener.close();
  };
  const { addr } = listener;
  return {
    address: addr.transport === "tcp" ? address.replace(/\d+$/, String(addr.port)) : address,
    async *connections() {
      while (!closed) {
        try {
          yield await listener.accept();
        } catch (error) {
          if (closed) return;
          throw error;
        }
      }
    },
    close,
    [Symbol.dispose]: close,
  };
}

/** Why listening failed. The system's own message is vague about files of sockets. */
function reasonOf(error: unknown, address: string): string {
  const message = errorText(error);
  if (!address.startsWith("unix://")) return message;
  const path = address.slice("unix://".length);
  if (/SUN_LEN/.test(message)) return "the path is too long for a socket";
  if (error instanceof Deno.errors.NotFound) {
    return `there is no folder ${path.replace(/[^/]*$/, "") || "."}`;
  }
  if (!(error instanceof Deno.errors.AddrInUse)) return message;
  const { isSocket, isDirectory } = Deno.lstatSync(path);
  if (isSocket) return "another program is already listening there";
  return isDirectory ? "a folder is already there" : "a file that is not a socket is already there";
}

/** Makes a socket for this user only, and replaces the file of a listener that is gone. */
async function listenUnix(path: string): Promise<Deno.Listener> {
  try {
    return bindUnix(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse) || !await isLeft(path)) throw error;
    Deno.removeSync(path);
    return bindUnix(path);
  }
}

function bindUnix(path: string): Deno.Listener {
  const mask = Deno.build.os === "windows" ? undefined : Deno.umask(0o177);
  try {
    return Deno.listen({ transport: "unix", path });
  } finally {
    if (mask !== undefined) Deno.umask(mask);
  }
}

/** Whether a socket's listener is gone. */
async function isLeft(path: string): Promise<boolean> {
  if (!Deno.lstatSync(path).isSocket) return false;
  try {
    (await Deno.connect({ transport: "unix", path })).close();
    return false;
  } catch (error) {
    return error instanceof Deno.errors.ConnectionRefused;
  }
}
