/**
 * Dials through a plugin that is an ES module with a `Transport` as its default export. A module
 * can't import our error classes, so we read the fields of its errors: `code`, `hint`, `retryable`.
 */
import { fieldsOf } from "../../base/json.ts";
import { abortable } from "../../base/async.ts";
import { DialError, interrupted } from "../errors.ts";
import type { Connection, DialContext, Transport } from "../transport.ts";
import type { Target } from "./executable.ts";
import { plain } from "../net/process.ts";
import { dialErrorCode } from "./handshake.ts";
import { hostName } from "../net/tcp_connect.ts";
import { byteStreamOf } from "./streams.ts";

const GUIDE = "see docs/writing-a-transport.md";

/** The default export of a module: a transport's properties, and a version. */
type ModuleTransport = Partial<Transport> & { readonly version?: string };

/** Loads the module. Rejects with the module's own error, or if it is no transport. */
export async function loadModule(path: string): Promise<ModuleTransport> {
  const url = new URL("file://");
  url.pathname = path.replaceAll("%", "%25");
  const { importChecked } = await import("./imports.ts");
  const { default: transport } = await importChecked(url.href);
  if (typeof transport !== "object" || transport === null) {
    throw new Error("it has no default export that is a transport");
  }
  for (const name of ["parse", "dial"]) {
    if (typeof (transport as Record<string, unknown>)[name] !== "function") {
      throw new Error(`its default export has no function ${name}`);
    }
  }
  return transport;
}

/** Dials through a module. Throws `DialError`, or the signal's reason. */
export async function dialModule(target: Target, context: DialContext): Promise<Connection> {
  const { signal } = context;
  const { path, shown } = target;
  context.step("connect", path);
  if (signal.aborted) throw interrupted(signal, shown, "connect", path);
  try {
    const dialling = dial(target, context);
    // A connection that comes after the abort is closed.
    void dialling.then(({ stream }) => signal.aborted && stream.close(), () => {});
    return await abortable(dialling, signal);
  } catch (error) {
    if (signal.aborted) throw interrupted(signal, shown, "connect", path);
    throw translated(error, target);
  }
}

async function dial(target: Target, context: DialContext): Promise<Connection> {
  const module = await loadModule(target.path);
  const connection: Partial<Connection> = await module.dial!(module.parse!(target.url), context);
  const stream = byteStreamOf(connection?.stream);
  if (stream === undefined) {
    throw new Error(
      "its dial gave no stream: it must be a ByteStream, a node Duplex or {readable, writable}",
    );
  }
  const { authority } = connection;
  return {
    stream,
    authority: authority || target.authority,
    ...authority && { serverName: connection.serverName ?? hostName(authority) },
    peer: connection.peer || `${target.shown} through ${target.path}`,
    secure: connection.secure === true,
  };
}

function translated(error: unknown, { path, shown }: Target): DialError {
  const { code, hint, retryable } = fieldsOf(error);
  return new DialError(`the plugin ${path}: ${textOf(error)}`, {
    endpoint: shown,
    step: "connect",
    code: dialErrorCode(code),
    hint: typeof hint === "string" ? hint : GUIDE,
    retryable: retryable === true,
    cause: error,
  });
}

/** The message of a thrown value, without the runtime's own colours, hints and prefix. */
export function textOf(error: unknown): string {
  const { message } = fieldsOf(error);
  const text = plain(typeof message === "string" ? message : String(error));
  return text.replace(/\n\s*hint: .*/g, "").replace(/^Error: /, "");
}
