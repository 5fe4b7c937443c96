/** Helpers of the receiver's tests: places to write to, and a sender of any packets. */
import type { MemoryEnd } from "./memory_stream.ts";
import { memoryStreams } from "./memory_stream.ts";
import { text } from "../../buildkit/fsync/errors.ts";
import {
  dataHeaderRoom,
  endOfListing,
  finPacket,
  Mode,
  PacketType,
  type Stat,
  statWriter,
  writeDataHead,
} from "../../buildkit/fsync/packet.ts";
import { readPacket } from "../../buildkit/fsync/packet_reader.ts";
import { receiveFolder } from "../../buildkit/fsync/receiver.ts";
import { sendFolder } from "../../buildkit/fsync/sender.ts";
import { writeTree } from "../harness/tree.ts";

/** A tree as text: path, type and mode, links, size, time in nanoseconds, for all but the root. */
export async function listing(root: string): Promise<string> {
  const format = "%P %M %n %s %T@ %l\\n";
  const { stdout } = await new Deno.Command("find", {
    args: [root, "-mindepth", "1", "-printf", format],
  }).output();
  const lines = new TextDecoder().decode(stdout).split("\n").sort();
  return lines.map((line) => line.replace(/( d[-rwxstST]{9} \d+) \d+/, "$1")).join("\n"); // sizes of folders differ
}

/** Sends `source` to `dest` by our own sender. */
export async function copy(source: string, dest: string, deleteOthers = false): Promise<void> {
  const [sender, receiver] = memoryStreams();
  const receiving = receiveFolder(receiver, { dest, deleteOthers });
  await Promise.all([sendFolder(sender, { root: source }).finally(() => sender.end()), receiving]);
}

export interface Scene {
  /** The folder that holds `dest` (the output), and files that must stay unchanged. */
  root: string;
  dest: string;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function scene(tree = "", dir = "/dev/shm"): Promise<Scene> {
  const root = await Deno.makeTempDir({ dir, prefix: "fl-fsync-" });
  writeTree(root, tree);
  return {
    root,
    dest: `${root}/dest`,
    [Symbol.asyncDispose]: () => Deno.remove(root, { recursive: true }),
  };
}

export const encode = (value: string) => new TextEncoder().encode(value);

export function stat(
  path: string,
  fields: Partial<Omit<Stat, "linkname">> & { linkname?: string } = {},
): Stat {
  const zero = { uid: 0, gid: 0, size: 0, mtimeNanos: 0, devmajor: 0, devminor: 0, xattrs: [] };
  return {
    ...zero,
    mode: 0o644,
    mtimeSeconds: 1_700_000_000,
    ...fields,
    path: encode(path),
    linkname: encode(fields.linkname ?? ""),
  };
}

export const folder = (path: string) => stat(path, { mode: Mode.dir | 0o755 });
export const link = (path: string, linkname: string) =>
  stat(path, { mode: Mode.symlink | 0o777, linkname });

/**
 * A sender of our choice: lists `stats`, sends `content` of each file asked for, and FIN when it
 * gets one. With contents by path, the log has the paths of the requests.
 */
async function sendRaw(
  end: MemoryEnd,
  stats: Stat[],
  content: string | Readonly<Record<string, string>> = "content",
): Promise<string[]> {
  const write = statWriter();
  const log: string[] = [];
  for (const stat of stats) end.send(write(stat));
  end.send(endOfListing);
  await end.receive((message) => {
    const { type, id, data } = readPacket(message);
    if (type === PacketType.req && typeof content !== "string") {
      const path = text(stats[id]!.path);
      log.push(path);
      return sendData(end, id, content[path]!);
    }
    if (type === PacketType.req) sendData(end, id, `${content}`);
    log.push(type === PacketType.err ? text(data) : Object.keys(PacketType)[type]!);
    if (type === PacketType.fin) end.send(finPacket);
    if (type === PacketType.fin || type === PacketType.err) end.end();
  }).catch(() => {});
  return log;
}

export function sendData(end: MemoryEnd, id: number, content: string): void {
  const head = new Uint8Array(dataHeaderRoom);
  const data = encode(content);
  if (data.length > 0) {
    end.send(head.subarray(writeDataHead(head, head.length, id, data.length)), data);
  }
  end.send(head.subarray(writeDataHead(head, head.length, id, 0)));
}

/** Returns the receiver's error, and the log of the packets that the sender got. */
export async function receiveRaw(
  dest: string,
  stats: Stat[],
  content?: Parameters<typeof sendRaw>[2],
  options: Pick<
    Parameters<typeof receiveFolder>[1],
    "deleteOthers" | "statementPrefix" | "mostHeld"
  > = {},
): Promise<{ error: unknown; log: string[] }> {
  const [theirs, ours] = memoryStreams();
  const sending = sendRaw(theirs, stats, content);
  const error = await receiveFolder(ours, { dest, ...options }).then(
    () => undefined,
    (error) => error,
  );
  ours.end();
  return { error, log: await sending };
}
