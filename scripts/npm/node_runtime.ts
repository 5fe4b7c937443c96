/**
 * The part of Deno's API that the library needs, for Node 22 or newer, and for Bun. In the npm
 * package it replaces the name `Deno` (`scripts/package_npm.ts`). There is no FFI, so file sync
 * works as on Deno without that permission: no extended attributes, no time stamps of links.
 */
import * as child_process from "node:child_process";
import * as dns from "node:dns/promises";
import * as fs from "node:fs";
import * as net from "node:net";
import * as os from "node:os";
import { Buffer } from "node:buffer";
import process from "node:process";
import { Readable, Writable } from "node:stream";
import * as tls from "node:tls";

const [major = 0] = process.versions.node.split(".").map(Number);
if (major < 22 && !("bun" in process.versions)) {
  throw new Error(
    `@fairlead/fairlead needs Node 22, Bun 1.2 or Deno 2.9.6, and this is Node ${process.versions.node}`,
  );
}

const names = {
  ENOENT: "NotFound",
  EACCES: "PermissionDenied",
  EPERM: "PermissionDenied",
  EEXIST: "AlreadyExists",
  ECONNREFUSED: "ConnectionRefused",
  ECONNRESET: "ConnectionReset",
  EPIPE: "BrokenPipe",
  EINTR: "Interrupted",
  ETIMEDOUT: "TimedOut",
  EAGAIN: "WouldBlock",
  ENOTDIR: "NotADirectory",
  EISDIR: "IsADirectory",
} as const;
const kinds = [...new Set(Object.values(names)), "NotCapable", "UnexpectedEof"] as const;
const errors = Object.fromEntries(kinds.map((name) => [
  name,
  class extends Error {
    override readonly name = name;
    code?: string;
  },
])) as unknown as Record<
  (typeof kinds)[number],
  new (message: string) => Error & { code?: string }
>;

/** Converts Node's error to Deno's class of error. */
function translated(error: unknown): unknown {
  const code = (error as { code?: string } | null)?.code;
  const name = names[code as keyof typeof names];
  if (name === undefined) return error;
  const made = new errors[name]((error as Error).message);
  made.code = code!;
  return made;
}

function sync<A extends unknown[], T>(call: (...args: A) => T): (...args: A) => T {
  return (...args) => {
    try {
      return call(...args);
    } catch (error) {
      throw translated(error);
    }
  };
}

/** Makes a call return a promise, though it ends at once; errors are converted as in `sync`. */
function later<A extends unknown[], T>(call: (...args: A) => T): (...args: A) => Promise<T> {
  // deno-lint-ignore require-await
  return async (...args) => sync(call)(...args);
}

function infoOf(stats: fs.Stats) {
  return {
    isFile: stats.isFile(),
    isDirectory: stats.isDirectory(),
    isSymlink: stats.isSymbolicLink(),
    isFifo: stats.isFIFO(),
    isSocket: stats.isSocket(),
    isBlockDevice: stats.isBlockDevice(),
    isCharDevice: stats.isCharacterDevice(),
    ...{ size: stats.size, mode: stats.mode, uid: stats.uid, gid: stats.gid, dev: stats.dev },
    ...{ ino: stats.ino, nlink: stats.nlink, rdev: stats.rdev },
    ...{ mtime: stats.mtime, atime: stats.atime, ctime: stats.ctime, birthtime: stats.birthtime },
  };
}

interface OpenOptions {
  read?: boolean;
  write?: boolean;
  append?: boolean;
  create?: boolean;
  createNew?: boolean;
  truncate?: boolean;
  mode?: number;
}

class File {
  #file: number;
  /** The position in the file; undefined if the kernel keeps it, as for a device. */
  #at = 0;

  constructor(path: string | URL, options: OpenOptions = { read: true }) {
    const { O_RDONLY, O_WRONLY, O_RDWR, O_APPEND, O_CREAT, O_EXCL, O_TRUNC } = fs.constants;
    const writes = options.write || options.append;
    let flags = writes ? options.read ? O_RDWR : O_WRONLY : O_RDONLY;
    if (options.append) flags |= O_APPEND;
    if (options.create || options.createNew) flags |= O_CREAT;
    if (options.createNew) flags |= O_EXCL;
    if (options.truncate) flags |= O_TRUNC;
    this.#file = fs.openSync(path, flags, options.mode ?? 0o666);
  }

  readSync = sync((into: Uint8Array): number | null => {
    const size = fs.readSync(this.#file, into, 0, into.length, this.#place());
    this.#at += size;
    return size === 0 && into.length > 0 ? null : size;
  });
  read(into: Uint8Array): Promise<number | null> {
    return this.#wait((done) => fs.read(this.#file, into, 0, into.length, this.#place(), done))
      .then((size) => size === 0 && into.length > 0 ? null : size);
  }
  writeSync = sync((bytes: Uint8Array): number => {
    const size = fs.writeSync(this.#file, bytes, 0, bytes.length, this.#place());
    this.#at += size;
    return size;
  });
  write(bytes: Uint8Array): Promise<number> {
    return this.#wait((done) => fs.write(this.#file, bytes, 0, bytes.length, this.#place(), done));
  }
  seekSync(offset: number, whence: number): number {
    const from = whence === 0 ? 0 : whence === 1 ? this.#at : fs.fstatSync(this.#file).size;
    return this.#at = from + offset;
  }
  // deno-lint-ignore require-await
  async seek(offset: number, whence: number): Promise<number> {
    return this.seekSync(offset, whence);
  }
  statSync = sync(() => infoOf(fs.fstatSync(this.#file)));
  stat = later(() => infoOf(fs.fstatSync(this.#file)));
  truncate = later((size?: number) => fs.ftruncateSync(this.#file, size));
  syncData = later(() => fs.fdatasyncSync(this.#file));
  sync = later(() => fs.fsyncSync(this.#file));
  syncSync = sync(() => fs.fsyncSync(this.#file));
  isTerminal = () => false;
  tryLockSync = sync((exclusive: boolean) => tryLock(this.#file, exclusive));
  close() {
    fs.closeSync(this.#file);
  }
  [Symbol.dispose]() {
    this.close();
  }

  get readable(): ReadableStream<Uint8Array> {
    return new ReadableStream({
      pull: async (controller) => {
        const bytes = new Uint8Array(65_536);
        const size = await this.read(bytes);
        if (size !== null) return controller.enqueue(bytes.subarray(0, size));
        controller.close();
        this.close();
      },
      cancel: () => this.close(),
    });
  }
  get writable(): WritableStream<Uint8Array> {
    return new WritableStream({
      write: async (bytes) => {
        for (let at = 0; at < bytes.length;) at += await this.write(bytes.subarray(at));
      },
      close: () => this.close(),
      abort: () => this.close(),
    });
  }

  #wait(start: (done: (error: Error | null, size: number) => void) => void): Promise<number> {
    return new Promise((resolve, reject) =>
      start((error, size) => {
        if (error) return reject(translated(error));
        this.#at += size;
        resolve(size);
      })
    );
  }
  #place(): number | null {
    return fs.fstatSync(this.#file).isFile() ? this.#at : null;
  }
}

/** Programs that call flock(2) for their file number 3: exit code 0, or 1 if it is held. */
const LOCKERS = (exclusive: boolean): [program: string, args: string[]][] => [
  ["flock", ["-n", exclusive ? "-x" : "-s", "3"]],
  ["perl", ["-e", `open(F, "+<&=3") && flock(F, ${exclusive ? 6 : 5}) or exit 1`]],
];

/**
 * Locks an open file as Deno does, or returns false. Node has no call for that. The lock belongs to
 * the open file, not to the process, so it stays when the program that took it ends: flock(2).
 */
function tryLock(file: number, exclusive: boolean): boolean {
  for (const [program, args] of LOCKERS(exclusive)) {
    const { error, status } = child_process.spawnSync(program, args, {
      stdio: ["ignore", "ignore", "ignore", file],
    });
    if (error === undefined && (status === 0 || status === 1)) return status === 0;
  }
  throw new Error("a file can't be locked: Node needs the program flock or perl for that");
}

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

function connect({ path, hostname = "127.0.0.1", port, signal }: ConnectOptions): Promise<Conn> {
  return opened(
    path === undefined
      ? net.connect({ host: hostname, port: port!, allowHalfOpen: true })
      : net.connect({ path, allowHalfOpen: true }),
    "connect",
    signal,
  );
}

function connectTls(options: ConnectTlsOptions): Promise<Conn> {
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

type Stdio = "piped" | "null" | "inherit";

interface CommandOptions {
  args?: string[];
  cwd?: string;
  env?: Record<string, string>;
  clearEnv?: boolean;
  stdin?: Stdio;
  stdout?: Stdio;
  stderr?: Stdio;
  detached?: boolean;
  signal?: AbortSignal;
}

class Command {
  #program: string;
  #options: CommandOptions;

  constructor(program: string | URL, options: CommandOptions = {}) {
    this.#program = String(program);
    this.#options = options;
  }

  spawn() {
    const { args = [], cwd, env, clearEnv, stdin, stdout, stderr, detached, signal } =
      this.#options;
    // Node reports a missing program a moment later; Deno reports it at once.
    if (!isProgram(this.#program)) {
      throw Object.assign(new errors.NotFound(`no program ${this.#program}`), { code: "ENOENT" });
    }
    const stdio = [stdin, stdout, stderr].map((one = "inherit") =>
      one === "piped" ? "pipe" : one === "null" ? "ignore" : "inherit"
    );
    const child = child_process.spawn(this.#program, args, {
      ...{ cwd, stdio: stdio as child_process.StdioOptions, detached: detached ?? false },
      env: clearEnv ? env ?? {} : { ...process.env, ...env },
    });
    child.on("error", () => {});
    child.stdin?.on("error", () => {});
    signal?.addEventListener("abort", () => child.kill("SIGKILL"), { once: true });
    const status = new Promise<{ success: boolean; code: number; signal: string | null }>(
      (resolve) =>
        child.once("close", (code, signal) => {
          const number = code ?? 128 + (signal ? os.constants.signals[signal] : 0);
          resolve({ success: number === 0, code: number, signal });
        }),
    );
    const bytes = (stream: Readable | null) => stream && bytesOf(stream);
    const [out, err] = [bytes(child.stdout), bytes(child.stderr)];
    return {
      pid: child.pid ?? 0,
      stdin: child.stdin && Writable.toWeb(child.stdin),
      stdout: out,
      stderr: err,
      status,
      kill(name: NodeJS.Signals = "SIGTERM") {
        if (!child.kill(name)) throw new TypeError("Child process has already terminated");
      },
      ref: () => child.ref(),
      unref: () => child.unref(),
      async output() {
        const [stdout, stderr] = await Promise.all(
          [out, err].map(async (stream) =>
            stream ? new Uint8Array(await new Response(stream).arrayBuffer()) : new Uint8Array()
          ),
        );
        return { ...await status, stdout, stderr };
      },
    };
  }
  output() {
    const [stdout, stderr] = [this.#options.stdout ?? "piped", this.#options.stderr ?? "piped"];
    const options = { stdin: "null" as const, ...this.#options, stdout, stderr };
    return new Command(this.#program, options).spawn().output();
  }
}

/** A stream of bytes, which also reads into a buffer of the reader's. */
function bytesOf(stream: Readable): ReadableStream<Uint8Array<ArrayBuffer>> {
  const chunks = stream[Symbol.asyncIterator]();
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      const { value, done } = await chunks.next();
      if (!done) return controller.enqueue(new Uint8Array(value));
      controller.close();
      controller.byobRequest?.respond(0);
    },
    cancel: () => void stream.destroy(),
  });
}

function isProgram(program: string): boolean {
  const places = program.includes("/")
    ? [program]
    : (process.env["PATH"] ?? "").split(process.platform === "win32" ? ";" : ":")
      .flatMap((folder) => [`${folder}/${program}`, `${folder}/${program}.exe`]);
  return places.some((path) => fs.existsSync(path));
}

const systems: Record<string, string> = { win32: "windows" };
const processors: Record<string, string> = { x64: "x86_64", arm64: "aarch64" };

/** The part of Deno's API that the library uses. */
export const Deno = {
  build: {
    os: systems[process.platform] ?? process.platform,
    arch: processors[process.arch] ?? process.arch,
  },
  errors,
  SeekMode: { Start: 0, Current: 1, End: 2 },
  pid: process.pid,
  env: {
    get: (name: string) => process.env[name],
    set: (name: string, value: string) => void (process.env[name] = value),
    delete: (name: string) => void delete process.env[name],
  },
  cwd: () => process.cwd(),
  uid: () => process.getuid?.() ?? null,
  gid: () => process.getgid?.() ?? null,
  hostname: () => os.hostname(),
  networkInterfaces: () => Object.values(os.networkInterfaces()).flatMap((list) => list ?? []),
  kill: sync((pid: number, signal: string) => void process.kill(pid, signal)),
  unrefTimer: (timer: { unref?(): void }) => timer.unref?.(),
  resolveDns: async (host: string, type: "A" | "AAAA") =>
    (await dns.lookup(host, { all: true, family: type === "A" ? 4 : 6 })).map((one) => one.address),
  dlopen() {
    throw new Error("there is no FFI");
  },
  // Its options have no effect: Node's fetch takes authorities from NODE_EXTRA_CA_CERTS.
  createHttpClient: () => ({ close() {}, [Symbol.dispose]() {} }),
  connect,
  connectTls,
  Command,
  openSync: sync((path: string | URL, options?: OpenOptions) => new File(path, options)),
  open: later((path: string | URL, options?: OpenOptions) => new File(path, options)),
  chmod: later(fs.chmodSync),
  chmodSync: sync(fs.chmodSync),
  chownSync: sync(fs.chownSync),
  linkSync: sync(fs.linkSync),
  lstat: later((path: string | URL) => infoOf(fs.lstatSync(path))),
  lstatSync: sync((path: string | URL) => infoOf(fs.lstatSync(path))),
  stat: later((path: string | URL) => infoOf(fs.statSync(path))),
  statSync: sync((path: string | URL) => infoOf(fs.statSync(path))),
  mkdir: later((path: string, options?: object) => void fs.mkdirSync(path, options)),
  mkdirSync: sync((path: string, options?: object) => void fs.mkdirSync(path, options)),
  readDirSync: sync((path: string | URL) =>
    fs.readdirSync(path, { withFileTypes: true }).map((entry) => ({
      name: entry.name,
      isFile: entry.isFile(),
      isDirectory: entry.isDirectory(),
      isSymlink: entry.isSymbolicLink(),
    }))
  ),
  readFile: later((path: string | URL) => new Uint8Array(fs.readFileSync(path))),
  readFileSync: sync((path: string | URL) => new Uint8Array(fs.readFileSync(path))),
  readTextFile: later((path: string | URL) => fs.readFileSync(path, "utf8")),
  readTextFileSync: sync((path: string | URL) => fs.readFileSync(path, "utf8")),
  readLinkSync: sync((path: string) => fs.readlinkSync(path)),
  realPath: later((path: string) => fs.realpathSync.native(path)),
  realPathSync: sync((path: string) => fs.realpathSync.native(path)),
  remove: later(removeSync),
  removeSync: sync(removeSync),
  rename: later(fs.renameSync),
  renameSync: sync(fs.renameSync),
  symlinkSync: sync((target: string, path: string) => fs.symlinkSync(target, path)),
  utimeSync: sync(fs.utimesSync),
};

function removeSync(path: string, options: { recursive?: boolean } = {}): void {
  if (options.recursive) return fs.rmSync(path, { recursive: true });
  if (fs.lstatSync(path).isDirectory()) return fs.rmdirSync(path);
  fs.unlinkSync(path);
}

/**
 * Replaces `AbortSignal.timeout`, whose timer lets Node end while code waits for it. This timer
 * keeps the process alive as long as the signal has a listener. Like Deno's, it accepts fractions
 * of milliseconds.
 */
export function timeout(ms: number): AbortSignal {
  const controller = new AbortController();
  const { signal } = controller;
  const late = () => controller.abort(new DOMException("The signal timed out", "TimeoutError"));
  const timer = setTimeout(late, Math.ceil(ms)).unref();
  const { addEventListener, removeEventListener } = signal;
  return Object.assign(signal, {
    addEventListener(...args: Parameters<typeof addEventListener>) {
      timer.ref();
      addEventListener.apply(signal, args);
    },
    removeEventListener(...args: Parameters<typeof removeEventListener>) {
      timer.unref();
      removeEventListener.apply(signal, args);
    },
  });
}

/** Methods of the language that Node 22 lacks: https://tc39.es/proposal-arraybuffer-base64/ */
const added: Record<
  string,
  (this: Uint8Array, options?: { alphabet?: string; omitPadding?: boolean }) => string
> = {
  toHex() {
    return Buffer.from(this).toString("hex");
  },
  toBase64({ alphabet, omitPadding } = {}) {
    const text = Buffer.from(this).toString(alphabet === "base64url" ? "base64url" : "base64");
    if (alphabet !== "base64url") return omitPadding ? text.replace(/=+$/, "") : text;
    return omitPadding ? text : text.padEnd(Math.ceil(text.length / 4) * 4, "=");
  },
};
const made: Record<string, (text: string, options?: { alphabet?: string }) => Uint8Array> = {
  fromHex(text) {
    if (!/^(?:[0-9a-f]{2})*$/i.test(text)) throw new SyntaxError("this is not hexadecimal text");
    return new Uint8Array(Buffer.from(text, "hex"));
  },
  fromBase64(text, { alphabet } = {}) {
    const form = alphabet === "base64url" ? /^[\w\s-]*={0,2}\s*$/ : /^[A-Za-z0-9+/\s]*={0,2}\s*$/;
    if (!form.test(text)) throw new SyntaxError("this is not base64 text");
    return new Uint8Array(Buffer.from(text, alphabet === "base64url" ? "base64url" : "base64"));
  },
};
for (const [methods, on] of [[added, Uint8Array.prototype], [made, Uint8Array]] as const) {
  for (const [name, value] of Object.entries(methods)) {
    if (!(name in on)) {
      Object.defineProperty(on, name, { value, writable: true, configurable: true });
    }
  }
}
