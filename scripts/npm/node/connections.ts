/** Connections, by `node:net` and `node:tls`. */
import * as net from "node:net";
import * as tls from "node:tls";
import { translated } from "./errors.ts";

/** A connection: reads wait for data, writes until the socket takes more. */
class Conn {
  #ended: unknown = undefined;
  #isOver = false;
  #wake: (() => void) | undefined;

  constructor(readonly socket: net.Socket) {
    socket.pause();
    const over = (error?: unknown) => {
      this.#isOver = true;
      if (error instanceof Error) this.#ended ??= translated(error);
      this.#wake?.();
    };
    socket.on("readable", () => this.#wake?.());
    socket.on("end", over);
    socket.on("close", over);
    socket.on("error", over);
  }

  async read(into: Uint8Array): Promise<number | null> {
    for (;;) {
      const { readableLength } = this.socket;
      const chunk = this.socket.read(Math.min(into.length, readableLength) || undefined);
      if (chunk !== null) {
        const fits = chunk.subarray(0, into.length);
        into.set(fits);
        if (fits.length < chunk.length) this.socket.unshift(chunk.subarray(fits.length));
        return fits.length;
      }
      if (this.#ended) throw this.#ended;
      if (this.#isOver) return null;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }
  write(bytes: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) =>
      // The socket gets a copy, because the caller may reuse its buffer.
      this.socket.write(
        bytes.slice(),
        (error) => error ? reject(translated(error)) : resolve(bytes.length),
      )
    );
  }
  closeWrite(): Promise<void> {
    return new Promise((resolve) => this.socket.end(() => resolve()));
  }
  close() {
    this.socket.destroy();
  }
  setNoDelay(on = true) {
    this.socket.setNoDelay(on);
  }
  setKeepAlive(on = true) {
    this.socket.setKeepAlive(on);
  }
  ref() {
    this.socket.ref();
  }
  unref() {
    this.socket.unref();
  }
  handshake() {
    const { alpnProtocol } = this.socket as tls.TLSSocket;
    return Promise.resolve({ alpnProtocol: alpnProtocol || null });
  }
  get localAddr() {
    return this.#address(this.socket.localAddress, this.socket.localPort);
  }
  get remoteAddr() {
    return this.#address(this.socket.remoteAddress, this.socket.remotePort);
  }
  [Symbol.dispose]() {
    this.close();
  }

  #address(hostname: string | undefined, port: number | undefined) {
    return hostname === undefined
      ? { transport: "unix", path: "" }
      : { transport: "tcp", hostname, port };
  }
}

interface ConnectOptions {
  transport?: "tcp" | "unix";
  path?: string;
  hostname?: string;
  port?: number;
  signal?: AbortSignal;
}

interface ConnectTlsOptions extends ConnectOptions {
  caCerts?: string[];
  cert?: string;
  key?: string;
  alpnProtocols?: string[];
}

/** Connects over TCP, or to a unix socket. */
export function connect(
  { path, hostname = "127.0.0.1", port, signal }: ConnectOptions,
): Promise<Conn> {
  return opened(
    path === undefined
      ? net.connect({ host: hostname, port: port!, allowHalfOpen: true })
      : net.connect({ path, allowHalfOpen: true }),
    "connect",
    signal,
  );
}

/** Connects over TCP with TLS. */
export function connectTls(options: ConnectTlsOptions): Promise<Conn> {
  const { hostname = "127.0.0.1", port, caCerts, cert, key, alpnProtocols, signal } = options;
  const socket = tls.connect({
    ...{ host: hostname, port: port!, ca: caCerts, cert, key, ALPNProtocols: alpnProtocols },
    ...net.isIP(hostname) ? {} : { servername: hostname },
  });
  return opened(socket, "secureConnect", signal);
}

function opened(socket: net.Socket, event: string, signal?: AbortSignal): Promise<Conn> {
  const { promise, resolve, reject } = Promise.withResolvers<Conn>();
  const abort = () => {
    socket.destroy();
    reject(signal!.reason);
  };
  const fail = (error: Error) => reject(translated(error));
  socket.once("error", fail);
  socket.once(event, () => {
    const conn = new Conn(socket);
    socket.off("error", fail);
    resolve(conn);
  });
  signal?.addEventListener("abort", abort, { once: true });
  return promise.finally(() => signal?.removeEventListener("abort", abort));
}
