/**
 * The part of Deno's API that the library needs, for Node 22 or newer, and for Bun. In the npm
 * package it replaces the name `Deno` (`scripts/package_npm.ts`). There is no FFI, so file sync
 * works as on Deno without that permission: no extended attributes, no time stamps of links.
 */
import * as dns from "node:dns/promises";
import * as fs from "node:fs";
import * as os from "node:os";
import process from "node:process";
import "./node/bytes.ts";
import { Command } from "./node/commands.ts";
import { connect, connectTls } from "./node/connections.ts";
import { errors, later, sync } from "./node/errors.ts";
import { File, infoOf, type OpenOptions, removeSync } from "./node/files.ts";

const [major = 0] = process.versions.node.split(".").map(Number);
if (major < 22 && !("bun" in process.versions)) {
  throw new Error(
    `@fairlead/fairlead needs Node 22, Bun 1.2 or Deno 2.9.6, and this is Node ${process.versions.node}`,
  );
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
