/** Files, by `node:fs`. */
import * as child_process from "node:child_process";
import * as fs from "node:fs";
import { later, sync, translated } from "./errors.ts";

/** The facts about a file as Deno gives them. */
export function infoOf(stats: fs.Stats) {
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

export interface OpenOptions {
  read?: boolean;
  write?: boolean;
  append?: boolean;
  create?: boolean;
  createNew?: boolean;
  truncate?: boolean;
  mode?: number;
}

/** An open file. */
export class File {
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

/** Removes a file, or a folder: an empty one, or with `recursive` any. */
export function removeSync(path: string, options: { recursive?: boolean } = {}): void {
  if (options.recursive) return fs.rmSync(path, { recursive: true });
  if (fs.lstatSync(path).isDirectory()) return fs.rmdirSync(path);
  fs.unlinkSync(path);
}
