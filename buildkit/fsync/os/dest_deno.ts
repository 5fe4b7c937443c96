/**
 * Writes into a folder by Deno's own API, where there is no libc (Windows, no FFI). Deno has no *at
 * calls, so each folder on the way is checked right before the call, with no other code in between.
 * That is safe against a hostile daemon, but not against a program on this machine that swaps a
 * folder for a link at that moment.
 *
 * Times are cut to milliseconds; extended attributes, FIFOs and devices can't be made.
 */
import { maybe } from "../../../base/maybe.ts";
import { byteString, writeAll } from "../../../base/bytes.ts";
import { type Dest, type ExistingFile, type OutFile, permissions, temporaryName } from "./dest.ts";
import { shownPath as shown, splitPath } from "../paths.ts";
import { FsyncError } from "../errors.ts";
import type { Stat } from "../packet.ts";

/** Opens the folder `root`, which exists. */
export function openDenoDest(root: string): Dest {
  const unix = Deno.build.os !== "windows";
  const absolute = (path: string) => path === "" ? root : `${root}/${shown(path)}`;

  /** The path on disk, after a look at each folder on its way. */
  function real(path: string): string {
    for (let { folder } = splitPath(path); folder !== ""; folder = splitPath(folder).folder) {
      if (!Deno.lstatSync(absolute(folder)).isDirectory) {
        throw new FsyncError("write below", shown(folder), "it is not a folder any more");
      }
    }
    return absolute(path);
  }

  function attempt<T>(what: string, path: string, call: (real: string) => T): T {
    try {
      return call(real(path));
    } catch (error) {
      throw translate(what, path, error);
    }
  }

  function replace(path: string, temporary: string): void {
    const at = real(path);
    if (lstat(at)?.isDirectory) Deno.removeSync(at, { recursive: true });
    Deno.renameSync(temporary, at);
  }

  const setTime = (at: string, stat: Pick<Stat, "mtimeSeconds" | "mtimeNanos">) => {
    const time = new Date(stat.mtimeSeconds * 1000 + Math.floor(stat.mtimeNanos / 1e6));
    Deno.utimeSync(at, time, time);
  };

  return {
    makeFolder: (path, mode) =>
      attempt("create the folder", path, (at) => {
        const existing = lstat(at);
        if (existing?.isDirectory) {
          if (unix) Deno.chmodSync(at, permissions(mode) | 0o700);
          return false;
        }
        if (existing !== undefined) Deno.removeSync(at);
        Deno.mkdirSync(at, { mode: 0o700 });
        return true;
      }),
    finishFolder: (path, attributes) =>
      attempt("set the mode of", path, (at) => {
        if (unix) Deno.chmodSync(at, permissions(attributes.mode));
        setTime(at, attributes);
      }),
    openExisting(path, size): ExistingFile | undefined {
      const found = maybe(() => {
        const at = real(path);
        const { isFile, size: actual } = Deno.lstatSync(at);
        return isFile && actual === size ? Deno.openSync(at) : undefined;
      });
      return found && {
        read: (into) => maybe(() => found.readSync(into) ?? 0) ?? -1,
        [Symbol.dispose]: () => found.close(),
      };
    },
    createFile(path): OutFile {
      const temporary = `${splitPath(path).folder}/${temporaryName()}`.replace(/^\//, "");
      const file = attempt(
        "create",
        temporary,
        (at) => Deno.openSync(at, { write: true, createNew: true, mode: 0o600 }),
      );
      return {
        write: (bytes) =>
          attempt("write", path, () => {
            for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
          }),
        async writeAsync(bytes) {
          try {
            await writeAll(file, bytes);
          } catch (error) {
            throw translate("write", path, error);
          }
        },
        commit: (attributes) =>
          attempt("create", path, () => {
            file.close();
            const at = real(temporary);
            setTime(at, attributes);
            if (unix) Deno.chmodSync(at, permissions(attributes.mode));
            replace(path, at);
          }),
        abandon() {
          // The file may be closed already, and may have its final name.
          maybe(() => file.close());
          maybe(() => Deno.removeSync(real(temporary)));
        },
      };
    },
    symlink: (path, target) =>
      attempt("create the link", path, (at) => {
        if (lstat(at) !== undefined) Deno.removeSync(at, { recursive: true });
        Deno.symlinkSync(shown(target), at, { type: "file" });
      }),
    special(path) {
      throw new FsyncError("create", shown(path), "devices and FIFOs can't be made on this system");
    },
    link: (path, target) =>
      attempt("create", path, (at) => {
        if (lstat(at) !== undefined) Deno.removeSync(at, { recursive: true });
        Deno.linkSync(real(target), at);
      }),
    remove: (path) =>
      attempt("remove", path, (at) => {
        if (lstat(at) !== undefined) Deno.removeSync(at, { recursive: true });
      }),
    names: (path) =>
      attempt(
        "read the folder",
        path,
        (at) => Array.from(Deno.readDirSync(at), ({ name }) => byteString(encode(name))).sort(),
      ),
    [Symbol.dispose]() {},
  };
}

const encode = (text: string) => new TextEncoder().encode(text);

function lstat(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function translate(what: string, path: string, error: unknown): FsyncError {
  if (error instanceof FsyncError) return error;
  const { message, code } = error as Error & { code?: string };
  return new FsyncError(
    what,
    shown(path),
    message.replace(/ \(os error \d+\).*/, "").toLowerCase(),
    code,
  );
}
