/** The cases that look at one connection's bytes, or at many connections. */
import type { ByteStream } from "../../../transports/byte_stream.ts";
import type { Connection } from "../../../transports/transport.ts";
import { childGroups, groupsGone } from "./processes.ts";
import { askDaemon } from "./ask.ts";
import { type Case, expect, type Kit, PATIENCE, soon } from "./subject.ts";

/** A client's preface and its empty SETTINGS (RFC 9113 §3.4). */
export const PREFACE: Uint8Array = new Uint8Array([
  ...new TextEncoder().encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
  ...[0, 0, 0, 4, 0, 0, 0, 0, 0],
]);

/** The case without which no other can pass. */
export const ANSWERS = "the daemon answers";

/** The cases by name. */
export const connectionCases: Readonly<Record<string, Case>> = {
  [ANSWERS]: async (kit) => {
    const { version, peer } = await askDaemon(kit, () => kit.dial());
    return `BuildKit ${version} at ${peer}`;
  },

  "writes of one byte": async (kit) => {
    await askDaemon(kit, async () => {
      const connection = await kit.dial();
      const { stream } = connection;
      const write = (from: Uint8Array) => stream.write(from.subarray(0, 1));
      return { ...connection, stream: ofStream(stream, { write }) };
    });
  },

  "reads of one byte": async (kit) => {
    await askDaemon(kit, async () => {
      const connection = await kit.dial();
      const { stream } = connection;
      const read = (into: Uint8Array) => stream.read(into.subarray(0, 1));
      return { ...connection, stream: ofStream(stream, { read }) };
    });
  },

  "half-closed by fairlead: the daemon reads the end, and ends": async (kit) => {
    const { stream } = await greeted(kit);
    await soon(stream.closeWrite(), "the half-close");
    await toTheEnd(stream);
    stream.close();
  },

  "closed by the daemon": async (kit) => {
    const { stream } = await kit.dial();
    // These bytes are not HTTP/2, so the daemon closes the connection.
    await writeAll(
      stream,
      new TextEncoder().encode("GET / HTTP/1.1\r\nHost: kit\r\n\r\n".repeat(9)),
    );
    await toTheEnd(stream).catch(() => {});
    stream.close();
  },

  "reset by the daemon in mid-stream": async (kit) => {
    const { stream } = await kit.dial();
    const bytes = new Uint8Array(64 << 10).fill(0x58);
    const writing = (async () => {
      for (;;) await stream.write(bytes);
    })();
    const reading = toTheEnd(stream).catch(() => {});
    await soon(writing.catch(() => {}), "the failure of a write to a daemon that is gone");
    await reading;
    stream.close();
  },

  "cancelled while connecting": async (kit) => {
    const before = childGroups();
    for (const ms of [0, 1, 5, 20]) {
      const reason = new Error("cancelled by the kit");
      const controller = new AbortController();
      const dialling = kit.dial(controller.signal);
      const seen = childGroups();
      if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
      controller.abort(reason);
      const result = await soon(
        dialling.then((connection) => connection, (error: unknown) => error),
        "the end of a dial that was cancelled",
        1000,
      );
      if (result === reason) {
        await groupsGone(seen.filter((group) => !before.includes(group)));
        continue;
      }
      if (result instanceof Error) throw result;
      (result as Connection).stream.close();
    }
    await groupsGone(childGroups().filter((group) => !before.includes(group)));
  },

  "closed in mid-stream: reads and writes end, no process is left": async (kit) => {
    const before = childGroups();
    const { stream } = await greeted(kit);
    const groups = childGroups().filter((group) => !before.includes(group));
    await drainAvailable(stream);
    const reading = stream.read(new Uint8Array(1)).then(() => "bytes", () => "an error");
    stream.close();
    expect(await soon(reading, "the end of a read", 1000) === "an error", "a read went on");
    stream.close();
    await groupsGone(groups);
    return groups.length === 0 ? "it has no process" : undefined;
  },

  "50 connections at once": async (kit) => {
    const before = childGroups();
    await Promise.all(
      Array.from({ length: 50 }, () => askDaemon(kit, () => kit.dial(), PATIENCE * 6)),
    );
    await groupsGone(childGroups().filter((group) => !before.includes(group)));
  },
};

/** A connection on which both sides have sent their first bytes. */
async function greeted(kit: Kit): Promise<Connection> {
  const connection = await kit.dial();
  await writeAll(connection.stream, PREFACE);
  const count = await soon(
    connection.stream.read(new Uint8Array(9)),
    "the daemon's first byte",
  );
  expect(count !== null, "the stream ended where the daemon's first bytes should be");
  return connection;
}

/** Reads the daemon's frames after its SETTINGS: the acknowledgement of ours. */
async function drainAvailable(stream: ByteStream): Promise<void> {
  const buffer = new Uint8Array(4096);
  for (let got = 0; got < 9;) {
    const count = await soon(stream.read(buffer), "the daemon's acknowledgement");
    expect(count !== null, "the stream ended early");
    got += count;
  }
}

async function toTheEnd(stream: ByteStream): Promise<void> {
  const buffer = new Uint8Array(64 << 10);
  await soon(
    (async () => {
      while (await stream.read(buffer) !== null);
    })(),
    "the end of the stream",
  );
}

async function writeAll(stream: ByteStream, bytes: Uint8Array): Promise<void> {
  for (let sent = 0; sent < bytes.length;) sent += await stream.write(bytes.subarray(sent));
}

function ofStream(stream: ByteStream, changes: Partial<ByteStream>): ByteStream {
  return {
    read: (into) => stream.read(into),
    write: (from) => stream.write(from),
    closeWrite: () => stream.closeWrite(),
    close: () => stream.close(),
    ...changes,
  };
}
