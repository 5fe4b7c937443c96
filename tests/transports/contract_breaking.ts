/** The cases in which a stream breaks, or is closed. */
import assert from "node:assert/strict";
import type { Case } from "./contract.ts";
import { readExactly, soon, writeAll } from "./contract_help.ts";
import { patternAt } from "./pattern.ts";

/** By title. */
export const breaking: Readonly<Record<string, Case>> = {
  "closed while reading": async (open) => {
    const { stream } = await open("wait");
    await readExactly(stream, 5);
    const reading = stream.read(new Uint8Array(1));
    stream.close();
    await assert.rejects(soon(reading, 1000, "the end of the read"));
    stream.close();
    await assert.rejects(soon(stream.read(new Uint8Array(1)), 1000, "a read after the close"));
    await assert.rejects(soon(stream.write(new Uint8Array(1)), 1000, "a write after the close"));
  },

  "closed without a read": async (open) => {
    const { stream } = await open("flood closing");
    stream.close();
  },

  "reset by the peer": async (open) => {
    const { stream } = await open("reset");
    await readExactly(stream, 5);
    const writing = assert.rejects((async () => {
      for (;;) await writeAll(stream, patternAt(0, 64 << 10));
    })());
    const reading = stream.read(new Uint8Array(1)).then(
      (count) => assert.equal(count, null),
      (error) => assert(error instanceof Error),
    );
    await soon(Promise.all([writing, reading]), 5000, "the end of the stream");
    stream.close();
  },
};
