/**
 * Writes an output into a file, which appears whole or not at all. The bytes go into
 * `.NAME.tmp-XXXXXXXX` in the same folder, which is renamed after a successful build. A path to
 * something other than a regular file (`/dev/stdout`, a named pipe) is written directly. So is a
 * file in a folder that takes no new files.
 */
import { atExit } from "../../base/at_exit.ts";
import { osReason } from "../../base/os_reason.ts";
import { type ByteOutput, Gatherer, OutputError, type OutputSink } from "./output_sink.ts";

/** A file that is being written. */
interface OpenFile {
  readonly file: Deno.FsFile;
  /** The temporary path; undefined when the bytes go to `path` directly. */
  readonly temporary: string | undefined;
  readonly path: string;
  /** Ends the removal of the temporary file at the program's exit. */
  readonly staysAtExit: () => void;
}

/**
 * An output that becomes a file.
 *
 * @param path as it was typed; folders above it are made (0755) with the first byte. Without bytes
 *   nothing is made
 */
export function fileOutput(path: string): ByteOutput {
  let opened: OpenFile | undefined;
  let closed = true;

  async function drop(): Promise<void> {
    if (!opened) return;
    const { file, temporary, staysAtExit } = opened;
    if (!closed) file.close();
    closed = true;
    opened = undefined;
    if (temporary !== undefined) await Deno.remove(temporary).catch(() => {});
    staysAtExit();
  }

  async function writeSome(bytes: Uint8Array): Promise<number> {
    try {
      if (!opened) {
        opened = await openOutput(path);
        closed = false;
      }
      return await opened.file.write(bytes);
    } catch (error) {
      throw new OutputError(`cannot write ${path}: ${osReason(error)}`, { cause: error });
    }
  }

  async function open(): Promise<OutputSink> {
    if (!closed) throw new OutputError(`cannot write ${path}: it is being written already`);
    await drop();
    const gatherer = new Gatherer(writeSome);
    return {
      write: (bytes) => gatherer.write(bytes),
      async close() {
        await gatherer.close();
        if (!closed) opened!.file.close();
        closed = true;
      },
      async abort() {
        await gatherer.abort();
        await drop();
      },
    };
  }

  async function commit(): Promise<void> {
    if (opened?.temporary === undefined) return;
    const { temporary, path: target, staysAtExit } = opened;
    try {
      await Deno.rename(temporary, target);
      staysAtExit();
      opened = undefined;
    } catch (error) {
      await drop();
      throw new OutputError(`cannot write ${path}: ${osReason(error)}`, { cause: error });
    }
  }

  return { open, commit, discard: drop };
}

async function openOutput(typed: string): Promise<OpenFile> {
  const before = await statOf(typed);
  // A link stays, and its target is replaced. The target of /dev/stdout may have no path at all.
  const path = before?.isFile ? await Deno.realPath(typed) : typed;
  const direct = async () => ({
    file: await Deno.open(path, { create: true, write: true, truncate: true }),
    temporary: undefined,
    path,
    staysAtExit() {},
  });
  if (before && !before.isFile || !before && await isLink(path)) return await direct();
  const { folder, name } = split(path);
  if (!before && folder !== "") await Deno.mkdir(folder, { recursive: true, mode: 0o755 });
  const suffix = crypto.getRandomValues(new Uint8Array(4)).toHex();
  // A name has 255 bytes at most: a long one is shortened.
  const temporary = `${folder}.${name.slice(0, 50)}.tmp-${suffix}`;
  try {
    const file = await Deno.open(temporary, { createNew: true, write: true });
    const staysAtExit = atExit(() => Deno.removeSync(temporary));
    // The mode of the old file stays, as if it had been overwritten.
    if (before?.mode != null) await Deno.chmod(temporary, before.mode & 0o7777).catch(() => {});
    return { file, temporary, path, staysAtExit };
  } catch (error) {
    if (before && error instanceof Deno.errors.PermissionDenied) return await direct();
    throw error;
  }
}

function split(path: string): { folder: string; name: string } {
  const separators = Deno.build.os === "windows" ? /^.*[\\/]/s : /^.*\//s;
  const folder = separators.exec(path)?.[0] ?? "";
  return { folder, name: path.slice(folder.length) };
}

/** True of a link that leads to nothing yet. */
async function isLink(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(({ isSymlink }) => isSymlink, () => false);
}

async function statOf(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
