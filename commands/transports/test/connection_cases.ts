/** The contract's cases over a real daemon, and the one case that the daemon alone can pass. */
import { writeAll } from "../../../base/bytes.ts";
import { contractCases } from "../../../transports/contract/cases.ts";
import { readExactly, soon } from "../../../transports/contract/expect.ts";
import type { FarSide } from "../../../transports/contract/far_side.ts";
import type { ByteStream } from "../../../transports/byte_stream.ts";
import { askDaemon } from "./ask.ts";
import type { Case, Kit } from "./subject.ts";

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

  ...Object.fromEntries(
    Object.entries(contractCases).map(([name, run]) => [name, (kit: Kit) => run(daemonOf(kit))]),
  ),
};

/** A real daemon as the far side. */
function daemonOf(kit: Kit): FarSide {
  const opened = async (bytes: Uint8Array) => {
    const { stream } = await kit.dial();
    await writeAll(stream, bytes);
    return stream;
  };
  return {
    dial: (signal) => kit.dial(signal),
    exchange: async (dial, ms) => void await askDaemon(kit, dial, ms),
    async greeted() {
      const stream = await opened(PREFACE);
      await soon(readToAcknowledgement(stream), "the daemon's acknowledgement");
      return stream;
    },
    // These bytes are not HTTP/2, so the daemon closes the connection.
    ending: () => opened(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: kit\r\n\r\n".repeat(9))),
    resetting: () => opened(new Uint8Array(64 << 10).fill(0x58)),
  };
}

/** Reads the daemon's frames to the acknowledgement of our SETTINGS (RFC 9113 §4.1, §6.5). */
async function readToAcknowledgement(stream: ByteStream): Promise<void> {
  for (;;) {
    const header = new DataView((await readExactly(stream, 9)).buffer);
    const isSettings = header.getUint8(3) === 4;
    if (isSettings && header.getUint8(4) === 1) return;
    await readExactly(stream, header.getUint32(0) >> 8);
  }
}
