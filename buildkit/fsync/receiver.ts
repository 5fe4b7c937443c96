/**
 * Receives a folder: an output of type local.
 *
 * Regular files are requested in the order of the listing, a limited number at a time. Files are
 * written under temporary names and renamed when they are whole. Hard links are made when all files
 * exist. Modes and times of folders are set last, innermost first: writing into a folder changes
 * its time, and may need a different mode.
 *
 * The daemon is not trusted: entries go through the checks of `validator.ts` and `hardlinks.ts`,
 * and all writes go through `dest.ts`, which follows no link.
 */
import { byteString } from "../../base/bytes.ts";
import { errorText } from "../../base/error_text.ts";
import type { Dest } from "./os/dest.ts";
import { openDenoDest } from "./os/dest_deno.ts";
import { openLibcDest } from "./os/dest_libc.ts";
import { type Incoming, makeIntake } from "./incoming.ts";
import { makeMirror } from "./mirror.ts";
import { after } from "../../base/async.ts";
import { FsyncError, PeerError, text } from "./errors.ts";
import { makeLinkCheck } from "./hardlinks.ts";
import { type Held, makeHeld } from "./held.ts";
import { errPacket, finPacket, Mode, PacketType, reqPacket, type Stat } from "./packet.ts";
import { copyStat, readPacket } from "./packet_reader.ts";
import type { Reuse, Source } from "./reuse.ts";
import { makeSlices, type PacketStream, type Progress } from "./stream.ts";
import { checkMode, checkPath, makeOrderCheck } from "./validator.ts";

/** Options of a reception. */
interface ReceiveOptions {
  /** The folder. A missing one is made, open to its owner alone. Links in its path are followed. */
  readonly dest: string;
  /**
   * Removes entries of the folder that were not sent. Otherwise they stay, unless a sent entry has
   * the same name.
   */
  readonly deleteOthers?: boolean;
  /**
   * The beginning of the names of statements about the files' digests: files that the folder has
   * are not requested (`reuse.ts`).
   */
  readonly statementPrefix?: string;
  /**
   * The most bytes that all receptions may hold.
   *
   * @internal
   */
  readonly mostHeld?: number;
  /** Called for each entry and each piece of a file. The object is the same each time. */
  onProgress?(progress: Progress): void;
}

/**
 * The most files that are requested at a time. fsutil's sender queues 128 requests, and its reader
 * stops for a full queue. When the workers behind the queue have ended by then, it never goes on,
 * and neither the call nor the build ever ends. Fewer requests than that leave it able to read,
 * whatever happens to the transfer.
 */
const MOST_ASKED = 128;
/** Milliseconds that the daemon gets to end a call after this side has reported an error. */
const HEARD_OUT = 4000;

/**
 * Receives a folder and resolves when all of it is on disk and the call has ended. Throws {@link
 * FsyncError} for a failed write and for an entry that a daemon may not send. Throws {@link
 * PeerError} when the daemon gave up, and the stream's error when the call ends early. An ERR
 * packet reports this side's errors to the sender. Incomplete files are removed.
 */
export async function receiveFolder(stream: PacketStream, options: ReceiveOptions): Promise<void> {
  const refused = await receiveInto(stream, options);
  if (refused !== undefined) throw refused;
}

/**
 * Does the work of `receiveFolder`. It resolves to this side's error when the daemon has ended the
 * call after that error.
 */
async function receiveInto(
  stream: PacketStream,
  options: ReceiveOptions,
): Promise<FsyncError | undefined> {
  try {
    stream.signal.throwIfAborted();
    using dest = openDest(options.dest);
    using held = makeHeld(options.mostHeld);
    const { statementPrefix: prefix } = options;
    const reuse = prefix
      ? await (await import("./reuse.ts")).makeReuse(dest, prefix, held)
      : undefined;
    const reception = startReception(stream, { dest, held, reuse }, options);
    try {
      const refused = await receiveOrHearOut(stream, reception, options.dest);
      if (refused !== undefined) return refused;
    } catch (error) {
      // After FIN, when all is written, the daemon resets the stream instead of ending it.
      if (!reception.finished()) throw error;
    } finally {
      await reception.abandon();
    }
    if (!reception.finished()) {
      throw new PeerError("it ended the call early");
    }
    return undefined;
  } catch (error) {
    if (error instanceof FsyncError && !stream.signal.aborted) {
      stream.send(errPacket(error.message));
    }
    throw error;
  }
}

/**
 * Receives to the end. When this side's system refuses to write, an ERR packet reports that. The
 * data that the daemon still sends, until it ends the call, is dropped. Otherwise its workers would
 * wait for a reader, and its own reader for its workers.
 */
async function receiveOrHearOut(
  stream: PacketStream,
  reception: Reception,
  folder: string,
): Promise<FsyncError | undefined> {
  let refused: FsyncError | undefined;
  const late = Promise.withResolvers<void>();
  let stopTimer = () => {};
  const refuse = (error: unknown): Promise<void> => {
    if (!(error instanceof FsyncError) || error.code === undefined) throw error;
    refused = error.below(folder);
    stream.report(refused);
    stream.send(errPacket(error.message));
    stopTimer = after(HEARD_OUT, late.resolve);
    return reception.abandon();
  };
  const received = stream.receive((message) => {
    if (refused !== undefined) return;
    try {
      return reception.take(message)?.catch(refuse);
    } catch (error) {
      return refuse(error);
    }
  });
  try {
    await Promise.race([received, late.promise]);
  } catch (error) {
    if (refused === undefined) throw error;
  } finally {
    stopTimer();
    received.catch(() => {});
  }
  return refused;
}

/** How long packets may be handled without a break, in milliseconds. */
const SLICE = 10;

interface Reception {
  take(message: Uint8Array): void | Promise<void>;
  /** FIN was sent. */
  finished(): boolean;
  abandon(): Promise<void>;
}

function startReception(
  stream: PacketStream,
  { dest, held, reuse }: { dest: Dest; held: Held; reuse: Reuse | undefined },
  options: ReceiveOptions,
): Reception {
  const checks = [held.addEntry, checkPath, checkMode, makeOrderCheck(), makeLinkCheck()];
  const progress: Progress = { entries: 0, files: 0, bytes: 0 };
  const asked = new Map<number, Incoming>();
  /** The listed files in their order; undefined once they were requested. */
  const queue: ({ readonly id: number; readonly file: Incoming } | undefined)[] = [];
  let nextInQueue = 0;
  /** The files before this place of the queue are to be requested. */
  let wanted = reuse === undefined ? Infinity : 0;
  const folders: { path: string; stat: Stat }[] = [];
  const links: { path: string; target: string }[] = [];
  const intake = makeIntake(dest, held);
  const mirror = options.deleteOthers ? makeMirror(dest) : undefined;
  let [listed, finished, abandoned] = [false, false, false];

  function takeStat(stat: Stat): void {
    if (listed) {
      throw new FsyncError("accept", text(stat.path), "it came after the end of the listing");
    }
    for (const check of checks) check(stat);
    const id = progress.entries++;
    if (reuse?.claims(id, stat)) return stream.send(reqPacket(id));
    const path = byteString(stat.path);
    mirror?.pass(path);
    if ((stat.mode & Mode.dir) !== 0) {
      if (!dest.makeFolder(path, stat.mode)) mirror?.enter(path);
      folders.push({ path, stat: copyStat(stat) });
    } else if ((stat.mode & Mode.symlink) !== 0) {
      dest.symlink(path, byteString(stat.linkname), stat);
    } else if ((stat.mode & Mode.type) !== 0) dest.special(path, stat);
    else if (stat.linkname.length > 0) links.push({ path, target: byteString(stat.linkname) });
    else {
      queue.push({ id, file: { path, stat: copyStat(stat) } });
      ask();
    }
  }

  /** Asks for the files next in order, as many as may be under way. */
  function ask(): void {
    const end = Math.min(queue.length, wanted);
    for (; asked.size < MOST_ASKED && nextInQueue < end; nextInQueue++) {
      const listed = queue[nextInQueue];
      if (listed === undefined) continue;
      const { id, file } = listed;
      queue[nextInQueue] = undefined;
      asked.set(id, file);
      stream.send(reqPacket(id));
    }
  }

  /** When the listing and the statements are there: asks for the files that the folder lacks. */
  async function askForMissing(): Promise<void> {
    for (wanted = 0; wanted < queue.length && !abandoned; wanted++) {
      const { file } = queue[wanted]!;
      using source = reuse!.find(file);
      if (source !== undefined && await copyFrom(source, file)) {
        queue[wanted] = undefined;
        progress.files++;
      }
      ask();
      await slice();
    }
    wanted = Infinity;
    ask();
    return finishIfDone();
  }

  /** A copy, because another program may have the present file under a second name. */
  async function copyFrom(source: Source, file: Incoming): Promise<boolean> {
    for (let bytes = source.next(); bytes !== undefined; bytes = source.next()) {
      if (abandoned) return false;
      await intake.write(file, bytes);
    }
    const isSame = source.isSame() && !abandoned;
    await (isSame ? intake.finish(file) : intake.drop(file));
    return isSame;
  }

  function takeData(id: number, data: Uint8Array): void | Promise<void> {
    if (reuse?.take(id, data)) return continueIfReady();
    const file = asked.get(id);
    if (file === undefined) {
      throw new FsyncError(
        "receive",
        "",
        `the builder sent content of file ${id}, which was not asked for`,
      );
    }
    if (data.length > 0) {
      progress.bytes += data.length;
      return intake.write(file, data);
    }
    asked.delete(id);
    progress.files++;
    ask();
    const waiting = intake.finish(file);
    return waiting === undefined ? finishIfDone() : waiting.then(finishIfDone);
  }

  function continueIfReady(): void | Promise<void> {
    if (wanted === Infinity) return finishIfDone();
    if (listed && reuse!.isReady()) return askForMissing();
  }

  function finishIfDone(): void {
    if (!listed || asked.size > 0 || wanted < Infinity || finished || abandoned) return;
    mirror?.end();
    for (const { file, bytes } of reuse?.others() ?? []) writeWhole(file, bytes);
    for (const { path, target } of links) dest.link(path, target);
    for (const { path, stat } of folders.reverse()) dest.finishFolder(path, stat);
    stream.send(finPacket);
    finished = true;
  }

  function writeWhole({ path, stat }: Incoming, bytes: Uint8Array): void {
    const out = dest.createFile(path);
    try {
      out.write(bytes);
      out.commit(stat);
    } catch (error) {
      out.abandon();
      throw error;
    }
  }

  const slice = makeSlices(SLICE); // one chunk of the stream may hold thousands of entries

  return {
    take(message) {
      const { type, stat, id, data } = readPacket(message);
      options.onProgress?.(progress);
      if (type === PacketType.stat && stat !== undefined) {
        takeStat(stat);
        return slice();
      } else if (type === PacketType.stat) {
        listed = true;
        return continueIfReady();
      } else if (type === PacketType.data) return takeData(id, data);
      else if (type === PacketType.err) throw new PeerError(text(data));
      else if (type === PacketType.fin && !finished) {
        throw new FsyncError("receive", "", "the builder finished before it was asked to");
      }
    },
    finished: () => finished,
    abandon() {
      abandoned = true;
      return intake.abandon();
    },
  };
}

function openDest(path: string): Dest {
  try {
    Deno.mkdirSync(path, { recursive: true, mode: 0o700 });
    const root = Deno.realPathSync(path);
    return openLibcDest(root) ?? openDenoDest(root);
  } catch (error) {
    if (error instanceof FsyncError) throw error;
    const reason = errorText(error);
    throw new FsyncError(
      "create the folder",
      path,
      reason.replace(/ \(os error \d+\).*/, "").toLowerCase(),
    );
  }
}
