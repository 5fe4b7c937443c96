/**
 * Sends a folder: the build context, as the daemon requests it.
 *
 * Three kinds of work share one thread. The walk sends STATs, in slices of a few milliseconds.
 * Requested small files are read and sent in slices, too, many files a slice. Large ones are read
 * ahead (`file_pump.ts`). All of them pause while the stream has enough to send.
 */
import { errorText } from "../../base/error_text.ts";
import { onAbort } from "../../base/async.ts";
import { makeFilter } from "./patterns/filter.ts";
import { makeFilePump } from "./file_pump.ts";
import { dedupe, followLinks } from "./follow_links.ts";
import type { Sys } from "./os/sys.ts";
import { FsyncError, PeerError, text } from "./errors.ts";
import { openSys } from "./os/open_sys.ts";
import { endOfListing, errPacket, finPacket, PacketType, type Stat, statWriter } from "./packet.ts";
import { readPacket } from "./packet_reader.ts";
import { makeSlices, type PacketStream, type Progress, type Warning } from "./stream.ts";
import { startWalk, type Walk } from "./walk.ts";

/** Options of a transfer. */
export interface SendOptions {
  /** The folder; links in its own path are followed. */
  readonly root: string;
  /** The daemon's include patterns, in its order. */
  readonly includes?: readonly string[];
  /** Patterns of entries to leave out, with exceptions by `!`. */
  readonly excludes?: readonly string[];
  /** Paths to send with all the targets of their links. */
  readonly followPaths?: readonly string[];
  /**
   * System calls to share with other transfers. Left out, they are opened for this one.
   *
   * @internal
   */
  readonly sys?: Sys;
  /** Called for a problem with one file that did not stop the transfer. */
  onWarning?(warning: Warning): void;
  /** Called every few milliseconds of work, and at the end. The object is the same each time. */
  onProgress?(progress: Progress): void;
}

/** How long one slice of work may hold the event loop, in milliseconds. */
const SLICE = 6;
/**
 * Bytes of STATs between two checks whether the stream keeps up, and how many bytes may wait in it.
 */
const [lookEvery, mayWait] = [128 * 1024, 512 * 1024];

/**
 * Sends a folder and resolves when the receiver has all files that it requested. Throws {@link
 * FsyncError} for an entry that cannot be read or a daemon that breaks the protocol. Throws {@link
 * PeerError} when the daemon gave up, the stream's error when the call ends early, and the signal's
 * reason when it is aborted. An ERR packet reports this side's errors to the receiver.
 */
export async function sendFolder(stream: PacketStream, options: SendOptions): Promise<void> {
  const owned = options.sys === undefined ? openSys() : undefined;
  try {
    await sendWith(options.sys ?? owned!, stream, options);
  } finally {
    owned?.[Symbol.dispose]();
  }
}

async function sendWith(sys: Sys, stream: PacketStream, options: SendOptions): Promise<void> {
  const progress: Progress = { entries: 0, files: 0, bytes: 0 };
  const report = () => options.onProgress?.(progress);
  const warn = (warning: Warning) => options.onWarning?.(warning);
  const over = Promise.withResolvers<void>();
  const stop = new AbortController(); // ends the walk and the pump with the transfer
  over.promise.catch(() => {}); // it may reject before anything waits for it
  using _aborting = onAbort(stream.signal, () => over.reject(stream.signal.reason));
  let closed = Promise.resolve();
  try {
    stream.signal.throwIfAborted();
    const root = resolveRoot(options.root);
    const writeStat = statWriter();
    let bytes = 0;
    let requested = 0;
    const emit = (stat: Stat): void => {
      const packet = writeStat(stat);
      bytes += packet.length;
      progress.entries++;
      stream.send(packet);
    };
    const walk = await openWalk(sys, root, options, { emit, warn, signal: stream.signal });
    const pump = makeFilePump({
      sys,
      root,
      entries: walk.entries,
      stream,
      stop: stop.signal,
      progress,
      report,
      warn,
      fail: over.reject,
    });
    closed = pump.closed;

    const list = async (): Promise<void> => {
      const slice = makeSlices(SLICE);
      while (walk.step()) {
        const pause = bytes >= lookEvery ? stream.drained(mayWait) : slice();
        if (pause === undefined) continue;
        if (bytes >= lookEvery) bytes = 0;
        report();
        await pause;
        if (stop.signal.aborted) return;
      }
      stream.send(endOfListing);
      progress.total = requested;
    };
    list().catch(over.reject);

    stream.receive((message) => {
      const packet = readPacket(message);
      if (packet.type === PacketType.err) throw new PeerError(text(packet.data));
      if (packet.type === PacketType.fin) {
        stream.send(finPacket);
        over.resolve();
      } else if (packet.type === PacketType.req) {
        if (!walk.entries.take(packet.id)) throw notOffered(packet.id);
        requested += walk.entries.size(packet.id);
        if (progress.total !== undefined) progress.total = requested;
        pump.add(packet.id);
      }
    }).then(() => over.reject(new PeerError("it ended the call early")), over.reject);
    await over.promise;
  } catch (error) {
    if (error instanceof FsyncError && !stream.signal.aborted) {
      stream.send(errPacket(error.message));
    }
    throw error;
  } finally {
    stop.abort();
    await closed; // The stream isn't awaited, because it may be stuck.
    report();
  }
}

function notOffered(id: number): FsyncError {
  return new FsyncError(
    "send",
    "",
    `the builder asked for entry ${id}, which was not offered to it`,
  );
}

function resolveRoot(root: string): string {
  try {
    const resolved = Deno.realPathSync(root);
    if (Deno.statSync(resolved).isDirectory) return resolved;
  } catch (error) {
    throw new FsyncError("read the folder", root, reasonOf(error));
  }
  throw new FsyncError("read the folder", root, "it is not a folder");
}

function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "no such file or directory";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  return errorText(error);
}

/** Starts the walk that the options ask for, links followed. */
export async function openWalk(
  sys: Sys,
  root: string,
  options: SendOptions,
  { emit, warn, signal }: {
    emit(stat: Stat): void;
    warn(warning: Warning): void;
    signal?: AbortSignal;
  },
): Promise<Walk> {
  let includes = options.includes ?? [];
  if (options.followPaths !== undefined && options.followPaths.length > 0) {
    const followed = await followLinks(sys, root, options.followPaths, signal);
    if (followed !== undefined) includes = dedupe([...includes, ...followed]) ?? [];
  }
  const filter = await makeFilter({ includes, excludes: options.excludes ?? [] });
  return startWalk({ sys, root, filter, emit, onWarning: warn });
}
