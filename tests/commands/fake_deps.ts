/** Stand-ins for the parts of a process, to run a command in this process. */
import assert from "node:assert/strict";
import type { NodeClient } from "../../builders/connect.ts";
import { commands } from "../../commands/list.ts";
import type { Clock, Deps, Output } from "../../cli/deps.ts";
import { runProgram } from "../../cli/run.ts";
import type { WorkerRecord } from "../../proto/gen/worker.ts";
import { transports } from "../../transports/all.ts";
import { prepareRandom } from "../../base/prepare_random.ts";
import { createRegistry } from "../../transports/registry.ts";

// A command begins this without waiting for it. Otherwise it would end within a test, or after it.
await prepareRandom();

export interface FakeOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** The content of stdin. */
  readonly stdin?: string;
  readonly signal?: AbortSignal;
  readonly connect?: Deps["connect"];
  /** True to end each sleep at once. */
  readonly fast?: boolean;
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the program with these words, on a store of its own unless `env` says otherwise. */
export async function run(words: readonly string[], options: FakeOptions = {}): Promise<Ran> {
  const stdout = collector();
  const stderr = collector();
  const deps = fakeDeps(words, options, stdout, stderr);
  const code = await runProgram(deps, commands);
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

export function fakeDeps(
  words: readonly string[],
  options: FakeOptions,
  stdout: Output,
  stderr: Output,
): Deps {
  const { env = {}, cwd = "/", stdin = "", signal = new AbortController().signal } = options;
  let rest = new TextEncoder().encode(stdin);
  return {
    args: words,
    env: (name) => env[name],
    cwd,
    stdin: {
      isTerminal: false,
      read(into) {
        if (rest.length === 0) return Promise.resolve(null);
        const count = Math.min(into.length, rest.length);
        into.set(rest.subarray(0, count));
        rest = rest.subarray(count);
        return Promise.resolve(count);
      },
      setRaw: () => {},
    },
    stdout,
    stderr,
    clock: fakeClock(options.fast ?? true),
    signal,
    listen: () => Promise.resolve(),
    catchFileSizeLimit: () => {},
    // Without `tcp`, nothing is dialled ahead: the test's own `connect` connects.
    registry: createRegistry(transports.map(({ tcp: _, ...transport }) => transport)),
    connect: options.connect ?? (() => Promise.reject(new Error("nobody is to be asked"))),
  };
}

/** An output that keeps the written text. */
export function collector(): Output & { text(): string } {
  let text = "";
  const decoder = new TextDecoder();
  return {
    isTerminal: false,
    write: (more) => void (text += more),
    paint: () => assert.fail("nothing is painted where there is no terminal"),
    writeBytes: (bytes) => Promise.resolve(void (text += decoder.decode(bytes))),
    writeRaw: () => assert.fail("raw bytes are for terminals"),
    size: () => undefined,
    text: () => text,
  };
}

function fakeClock(fast: boolean): Clock {
  return {
    now: () => Date.UTC(2026, 0, 2, 3, 4, 5),
    monotonic: () => performance.now(),
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, fast ? 0 : ms)),
  };
}

/** A daemon with one worker, as a real one reports itself. */
export function fakeDaemon(worker: Partial<WorkerRecord> = {}): NodeClient {
  const record: WorkerRecord = {
    ID: "o63d0sdqjx3hi29e848q6w3wf",
    Labels: {
      "org.mobyproject.buildkit.worker.snapshotter": "overlayfs",
      "org.mobyproject.buildkit.worker.executor": "oci",
    },
    platforms: ["amd64", "amd64/v2", "amd64/v3", "386"].map((text) => {
      const [Architecture = "", Variant = ""] = text.split("/");
      return { Architecture, Variant, OS: "linux", OSVersion: "", OSFeatures: [] };
    }),
    GCPolicy: [{
      all: false,
      filters: ["type==source.local", "type==exec.cachemount"],
      keepDuration: 172_800_000_000_000n,
      reservedSpace: 0n,
      maxUsedSpace: 512_000_000n,
      minFreeSpace: 0n,
    }, {
      all: true,
      filters: [],
      keepDuration: 0n,
      reservedSpace: 10_000_000_000n,
      maxUsedSpace: 100_000_000_000n,
      minFreeSpace: 51_000_000_000n,
    }],
    BuildkitVersion: undefined,
    CDIDevices: [],
    ...worker,
  };
  const version = {
    package: "github.com/moby/buildkit",
    version: "v0.32.2",
    revision: "",
    dockerfileVersion: "",
  };
  return {
    info: () => Promise.resolve(version),
    listWorkers: () => Promise.resolve([record]),
    close: () => Promise.resolve(),
  };
}
