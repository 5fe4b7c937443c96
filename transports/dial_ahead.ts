/**
 * Connections that are begun before they are asked for. Far away, the handshakes of TCP and TLS
 * then take their round trips while a command still loads and prepares what it will send.
 */
import { onAbort } from "../base/async.ts";
import type { TlsOptions } from "./dial.ts";
import type { Connection, DialContext, Env } from "./transport.ts";

/** A connection that has waited longer, in ms, isn't used: the far side may have given it up. */
const FRESH = 5000;

interface Begun {
  readonly at: number;
  readonly connection: Promise<Connection>;
  /** Gives the connection to a dial, whose signal ends it from then on. */
  take(context: DialContext): void;
  /** Closes the connection. */
  end(): void;
}

const begun = new Map<string, Begun>();

/**
 * Begins to dial an endpoint by `dial`. Disposing of the result closes the connection, unless a
 * dial has taken it.
 */
export function beginDial(
  endpoint: string,
  tls: TlsOptions,
  env: Env,
  dial: (context: DialContext) => Promise<Connection>,
): Disposable {
  const key = keyOf(endpoint, tls);
  if (begun.has(key)) return { [Symbol.dispose]() {} };
  const own = begin(env, dial);
  begun.set(key, own);
  return {
    [Symbol.dispose]() {
      if (begun.get(key) !== own) return;
      begun.delete(key);
      own.end();
    },
  };
}

/** Takes the connection that was begun for an endpoint; undefined if there is none. */
export function takeBegun(
  endpoint: string,
  tls: TlsOptions,
  context: DialContext,
): Promise<Connection> | undefined {
  const key = keyOf(endpoint, tls);
  const found = begun.get(key);
  begun.delete(key);
  if (found === undefined) return undefined;
  if (performance.now() - found.at > FRESH) {
    found.end();
    return undefined;
  }
  found.take(context);
  return found.connection;
}

function begin(env: Env, dial: (context: DialContext) => Promise<Connection>): Begun {
  const stop = new AbortController();
  const lines: string[] = [];
  let last: Parameters<DialContext["step"]> | undefined;
  let taker: DialContext | undefined;
  const connection = dial({
    signal: stop.signal,
    env,
    log: (line) => taker ? taker.log(line) : lines.push(line),
    step(...step) {
      last = step;
      taker?.step(...step);
    },
  });
  connection.catch(() => {}); // The dial that takes the connection reports the error.
  return {
    at: performance.now(),
    connection,
    take(context) {
      taker = context;
      lines.forEach(context.log);
      if (last !== undefined) context.step(...last);
      const listening = onAbort(context.signal, () => stop.abort(context.signal.reason));
      connection.finally(() => listening[Symbol.dispose]()).catch(() => {});
    },
    end() {
      stop.abort();
      connection.then(({ stream }) => stream.close(), () => {});
    },
  };
}

function keyOf(endpoint: string, { cacert, cert, key, servername }: TlsOptions): string {
  return JSON.stringify([endpoint, cacert, cert, key, servername]);
}
