/**
 * Measures throughput as in a build. A file of random bytes goes up as a build context (file sync,
 * over the session), and comes back in a tar. The daemon writes the file to its disk, and reads it
 * again, so the result includes both ends and not only the network.
 */
import { fileSend } from "../../buildkit/session/filesend.ts";
import { fileSync } from "../../buildkit/session/filesync.ts";
import { health } from "../../buildkit/session/health.ts";
import type { ByteOutput } from "../../buildkit/session/output_sink.ts";
import type { Client } from "../../buildkit/client.ts";
import { newId } from "../../base/identity.ts";
import { solve } from "../../buildkit/solve.ts";
import { solveRequest } from "../../buildkit/solve_request.ts";
import { type Examination, type Finding, take } from "./finding.ts";

const MIB = 1 << 20;

/** The first and the last moment of a transfer, and its bytes. */
interface Transfer {
  began: number;
  ended: number;
  bytes: number;
}

export async function* transfer(client: Client, way: Examination): AsyncGenerator<Finding> {
  const up: Transfer = { began: 0, ended: 0, bytes: 0 };
  const down: Transfer = { began: 0, ended: 0, bytes: 0 };
  const built = await take("throughput", way, async () => {
    await build(client, way, up, down);
    return { text: "" };
  });
  if (built.status === "failed") return yield built;
  yield throughput("up", up);
  yield throughput("down", down);
}

function throughput(direction: string, { began, ended, bytes }: Transfer): Finding {
  const ms = Math.max(ended - began, 0.1);
  const rate = bytes / MIB / (ms / 1000);
  return {
    step: direction,
    status: "ok",
    ms,
    text: `${Math.round(rate)} MiB/s, ${Math.round(bytes / MIB * 10) / 10} MiB`,
    data: { bytes, bytesPerSecond: Math.round(rate * MIB) },
  };
}

function moved(transfer: Transfer, bytes: number): void {
  const now = performance.now();
  if (transfer.began === 0) transfer.began = now;
  transfer.ended = now;
  transfer.bytes = bytes;
}

async function build(
  client: Client,
  { deps, size }: Examination,
  up: Transfer,
  down: Transfer,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "fairlead-doctor-" });
  try {
    await Deno.writeTextFile(`${folder}/Dockerfile`, "FROM scratch\nCOPY blob /\n");
    await writeRandom(`${folder}/blob`, size);
    const output: ByteOutput = {
      open: () => ({
        write: (bytes) => moved(down, down.bytes + bytes.length),
        close: () => Promise.resolve(),
        abort: () => Promise.resolve(),
      }),
      commit: () => Promise.resolve(),
      discard: () => Promise.resolve(),
    };
    const options = {
      filename: "Dockerfile",
      buildArgs: {},
      labels: {},
      platforms: [],
      pull: false,
      exporters: [{ type: "tar", attrs: {} }],
      cacheFrom: [],
      cacheTo: [],
    };
    await solve(client, solveRequest(newId(), newId(), options), {
      services: [
        health,
        fileSync(new Map([["context", folder], ["dockerfile", folder]]), (mount) => {
          if (mount === "context") up.began = performance.now();
          return {
            onProgress({ bytes }) {
              if (mount === "context" && bytes > up.bytes) moved(up, bytes);
            },
          };
        }),
        fileSend(new Map([[0, output]]), () => Promise.reject(new Error("a tar was asked for"))),
      ],
      sharedKey: "",
      onStatus: () => {},
      signal: deps.signal,
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Writes a file of random bytes, which can't be compressed on the way. */
async function writeRandom(path: string, size: number): Promise<void> {
  using file = await Deno.open(path, { write: true, createNew: true });
  const part = new Uint8Array(64 << 10);
  for (let left = size; left > 0;) {
    crypto.getRandomValues(part);
    left -= await file.write(part.subarray(0, Math.min(left, part.length)));
  }
}
