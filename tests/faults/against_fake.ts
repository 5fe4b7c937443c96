/** Builds of a small context against a scripted daemon, and the checks after each of them. */
import assert from "node:assert/strict";
import { type Script, startFakeBuildkitd } from "../fake_buildkitd.ts";
import { entriesOf, isTemporary } from "./leftovers.ts";
import { type Ended, errorLines, runFairlead } from "../harness/inside.ts";
import { removedLater } from "../harness/remove_folder.ts";

export interface AgainstOptions {
  /** The arguments before the folder. */
  readonly args?: (folder: string) => string[];
  /** Changes the folder beforehand: it holds `context/` and `outside/`. */
  readonly prepare?: (folder: string) => Promise<void>;
  readonly signal?: AbortSignal;
  /** Milliseconds in which the build must have ended; 8,000 by default. */
  readonly latest?: number;
  /** Looks at the folder after the build, before it is removed. */
  readonly after?: (folder: string, ended: Ended) => Promise<void> | void;
}

export const toFolder = (folder: string) => ["-o", `type=local,dest=${folder}/out`];
export const toTar = (folder: string) => ["-o", `type=tar,dest=${folder}/o.tar`];

const SECRET = "nobody but us may read or write this";

/**
 * Runs one build. Checks that it ended soon and in order, and that the script's assertions held.
 * Also checks that nothing outside the output was touched, and that the output has no half-written
 * file.
 */
export async function buildAgainst(script: Script, options: AgainstOptions = {}): Promise<Ended> {
  const folder = await Deno.makeTempDir({ prefix: "fl-fake-" });
  await using _ = removedLater(folder);
  await Deno.mkdir(`${folder}/context`);
  await Deno.mkdir(`${folder}/outside`);
  await Deno.writeTextFile(`${folder}/outside/victim`, SECRET);
  await Deno.writeTextFile(`${folder}/context/Dockerfile`, "FROM scratch\nCOPY . /\n");
  await Deno.writeTextFile(`${folder}/context/file`, "content");
  await options.prepare?.(folder);
  await using daemon = startFakeBuildkitd(script);
  const ended = await runFairlead({
    host: daemon.address,
    args: ["build", ...options.args?.(folder) ?? [], `${folder}/context`],
    home: folder,
    ...options.signal && { signal: options.signal },
  });
  await settled(daemon.scripts);
  assert.ok(ended.ms < (options.latest ?? 8000), `it took ${ended.ms} ms`);
  assert.doesNotMatch(ended.stderr, /^\s+at \S+ |is a bug/m, ended.stderr);
  assert.deepEqual(entriesOf(`${folder}/outside`), ["victim"]);
  assert.equal(await Deno.readTextFile(`${folder}/outside/victim`), SECRET);
  assert.equal((await Deno.stat(`${folder}/outside/victim`)).nlink, 1);
  assert.deepEqual(entriesOf(folder).filter(isTemporary), []);
  await options.after?.(folder, ended);
  return ended;
}

/** The scripts' own assertions. The client caused all other errors of the scripts. */
async function settled(scripts: readonly Promise<unknown>[]): Promise<void> {
  for (const result of await Promise.allSettled(scripts)) {
    if (result.status === "rejected" && result.reason instanceof assert.AssertionError) {
      throw result.reason;
    }
  }
}

/** One message that says this, and the exit code. */
export function checkFailed(ended: Ended, message: RegExp, code = 1): void {
  assert.equal(errorLines(ended).length, 1, ended.stderr);
  assert.match(errorLines(ended)[0]!, message);
  assert.equal(ended.code, code, ended.stderr);
}

/** The error of a call that the client must refuse. */
export async function refusal(call: Promise<unknown>): Promise<Error> {
  try {
    await call;
  } catch (error) {
    return error as Error;
  }
  assert.fail("the client did not refuse");
}
