/** The daemon's ends of file sync, which need not keep the protocol's rules. */
import type { ClientCall } from "../../buildkit/grpc/channel.ts";
import {
  endOfListing,
  finPacket,
  PacketType,
  reqPacket,
  type Stat,
  statWriter,
  writeDataHead,
} from "../../buildkit/fsync/packet.ts";
import { copyStat, readPacket } from "../../buildkit/fsync/packet_reader.ts";
import type { FakeSession } from "./session.ts";

/** An entry of an output. Mode 0644 of a regular file unless said otherwise. */
export interface Entry {
  readonly path: string;
  readonly mode?: number;
  readonly linkname?: string;
  /** The content that is sent when it is requested. */
  readonly content?: string | Uint8Array;
}

const encoder = new TextEncoder();

/** A STAT packet, valid until the next call. */
const writeStat = statWriter();

export function statPacket({ path, mode = 0o644, linkname = "", content = "" }: Entry): Uint8Array {
  const stat: Stat = {
    path: encoder.encode(path),
    mode,
    uid: 0,
    gid: 0,
    size: content.length,
    mtimeSeconds: 1_700_000_000,
    mtimeNanos: 0,
    linkname: encoder.encode(linkname),
    devmajor: 0,
    devminor: 0,
    xattrs: [],
  };
  return writeStat(stat).slice();
}

export function dataPacket(id: number, bytes: Uint8Array): Uint8Array {
  const packet = new Uint8Array(16 + bytes.length);
  const start = writeDataHead(packet, 16, id, bytes.length);
  packet.set(bytes, 16);
  return packet.subarray(start);
}

/** Begins to send an output of files. */
export function openExport(session: FakeSession, id = 0): ClientCall {
  return session.call("/moby.filesync.v1.FileSend/DiffCopy", [
    ["buildkit-attachable-exporter-id", String(id)],
  ]);
}

/**
 * Sends these entries as they are, with what the client asks for, and rejects with the client's
 * refusal. As the real one does, it resets the call after the last FIN.
 */
export async function exportTree(session: FakeSession, entries: readonly Entry[]): Promise<void> {
  const call = openExport(session);
  for (const entry of entries) call.send(statPacket(entry));
  call.send(endOfListing);
  let finished = false;
  const over = call.receive((message) => {
    const { type, id, data } = readPacket(message);
    if (type === PacketType.req) {
      const content = entries[id]?.content ?? "";
      const bytes = typeof content === "string" ? encoder.encode(content) : content;
      if (bytes.length > 0) call.send(dataPacket(id, bytes));
      call.send(dataPacket(id, new Uint8Array(0)));
    } else if (type === PacketType.fin) {
      finished = true;
      call.send(finPacket);
      call.cancel();
    } else if (type === PacketType.err) throw new Error(new TextDecoder().decode(data));
  });
  try {
    await over;
  } catch (error) {
    if (!finished) throw error;
  }
}

/** The daemon's request for a folder. */
export interface Asked {
  readonly directory: string;
  readonly followPaths?: readonly string[];
  readonly includes?: readonly string[];
}

/** Begins to read a folder. */
export function openImport(session: FakeSession, asked: Asked): ClientCall {
  const { directory, followPaths = [], includes = [] } = asked;
  return session.call("/moby.filesync.v1.FileSync/DiffCopy", [
    ["dir-name", directory],
    ...followPaths.map((path): [string, string] => ["followpaths", path]),
    ...includes.map((path): [string, string] => ["include-patterns", path]),
  ]);
}

/** Reads a folder whole: the text of each file by its path, links as `-> target`. */
export async function importTree(session: FakeSession, asked: Asked): Promise<Map<string, string>> {
  const call = openImport(session, asked);
  const found = new Map<string, string>();
  const stats: Stat[] = [];
  const decoder = new TextDecoder();
  let [open, listed] = [0, false];
  const finishIfDone = () => listed && open === 0 && call.send(finPacket);
  await call.receive((message) => {
    const { type, stat, id, data } = readPacket(message);
    if (type === PacketType.stat && stat) {
      const path = decoder.decode(stat.path);
      const at = stats.push(copyStat(stat)) - 1;
      if (stat.mode >>> 9 === 0 && stat.linkname.length === 0) {
        open++;
        found.set(path, "");
        call.send(reqPacket(at));
      } else found.set(path, `-> ${decoder.decode(stat.linkname)}`);
    } else if (type === PacketType.stat) {
      listed = true;
      finishIfDone();
    } else if (type === PacketType.data) {
      const path = decoder.decode(stats[id]!.path);
      found.set(path, found.get(path) + decoder.decode(data));
      if (data.length > 0) return;
      open--;
      finishIfDone();
    } else if (type === PacketType.err) throw new Error(decoder.decode(data));
    else if (type === PacketType.fin) call.endSend();
  });
  return found;
}
