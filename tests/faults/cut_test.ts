/**
 * The connection to a real daemon is cut at random bytes of either direction, 100 times: each build
 * ends soon, says so once, and leaves nothing half-written.
 */
import assert from "node:assert/strict";
import { startProxy } from "../harness/proxy.ts";
import { withShared } from "../harness/shared.ts";
import { entriesOf, isTemporary, openBelow } from "./leftovers.ts";
import { type Ended, errorLines, runFairlead } from "../harness/inside.ts";
import { denoDir, fairlead } from "../harness/fairlead.ts";
import { digest, randomBytes, seeded } from "../harness/random.ts";
import { succeeds } from "../harness/ended.ts";

const { ignore, shared: daemon } = await withShared();

const FILES = { "one.bin": 1 << 20, "sub/two.bin": 700_000, "sub/three.bin": 3000 };
const SEED = 20261124;

interface Case {
  readonly folder: string;
  readonly args: string[];
  /** Digests of the files of a complete output. */
  readonly digests: ReadonlyMap<string, string>;
}

/** Makes a context that the daemon has never seen, and an output. */
async function makeCase(output: "local" | "tar"): Promise<Case> {
  const folder = await Deno.makeTempDir({ prefix: "fl-cut-" });
  await Deno.mkdir(`${folder}/context/sub`, { recursive: true });
  const digests = new Map<string, string>();
  for (const [name, size] of Object.entries(FILES)) {
    const bytes = randomBytes(size);
    await Deno.writeFile(`${folder}/context/${name}`, bytes);
    digests.set(name, await digest(bytes));
  }
  await Deno.writeTextFile(`${folder}/context/Dockerfile`, "FROM scratch\nCOPY . /\n");
  const to = output === "local" ? `type=local,dest=${folder}/out` : `type=tar,dest=${folder}/o.tar`;
  return { folder, digests, args: ["build", "-o", to, `${folder}/context`] };
}

/** Only whole files may have been written before the cut. */
async function checkOutput({ folder, digests }: Case, whole: boolean, where: string) {
  const entries = entriesOf(folder).filter((path) => !path.startsWith("context"));
  assert.deepEqual(entries.filter(isTemporary), [], `${where}: temporary files were left`);
  const files = entries.filter((path) => path.startsWith("out/") && !path.endsWith("/"));
  for (const path of files) {
    const name = path.slice("out/".length);
    if (name === "Dockerfile") continue;
    const found = await digest(await Deno.readFile(`${folder}/${path}`));
    assert.equal(found, digests.get(name), `${where}: ${path} is not whole`);
  }
  if (entries.includes("o.tar")) assert.ok(whole, `${where}: a tar was left`);
}

function checkReport(ended: Pick<Ended, "code" | "stderr">, endpoint: string, where: string) {
  const said = `${where}:\n${ended.stderr}`;
  assert.equal(ended.code, 1, said);
  assert.equal(errorLines(ended).length, 1, said);
  const error = errorLines(ended)[0]!;
  // Before the daemon's first byte there is no build yet that could have been interrupted.
  assert.match(
    error,
    /the connection to \S+ was lost during build [0-9a-z]{25}: |cannot reach \S+: /,
    said,
  );
  assert.ok(error.includes(endpoint), said);
  assert.doesNotMatch(ended.stderr, /^\s+at |is a bug/m, said);
  // The cut itself ends the build, and not the silence after it.
  assert.doesNotMatch(error, /nothing (?:came from|reached) it for|sent nothing for/, said);
}

/** How many bytes go each way when nothing is cut. */
async function measure(output: "local" | "tar"): Promise<{ up: number; down: number }> {
  const test = await makeCase(output);
  await using proxy = await startProxy({ to: daemon.tcp });
  await succeeds(runFairlead({ host: proxy.address, args: test.args, home: test.folder }));
  await checkOutput(test, true, "nothing cut");
  await Deno.remove(test.folder, { recursive: true });
  return { ...proxy.bytes };
}

Deno.test({ name: "100 cuts of a build's connection: none hangs, each is reported", ignore }, cuts);

async function cuts(): Promise<void> {
  const random = seeded(SEED);
  const sizes = { local: await measure("local"), tar: await measure("tar") };
  let failed = 0;
  for (let i = 0; i < 100; i++) {
    const output = i % 4 === 3 ? "tar" : "local";
    const direction = random() < 0.5 ? "up" : "down";
    // A third of the cuts are among the first bytes, where most messages are.
    const range = i % 3 === 0 ? 6000 : sizes[output][direction];
    const cutAfter = Math.floor(random() * range);
    const where = `seed ${SEED}, run ${i}: ${output}, ${direction} cut after ${cutAfter} bytes`;
    const test = await makeCase(output);
    await using proxy = await startProxy({ to: daemon.tcp, [direction]: { cutAfter } });
    const ended = await runFairlead({ host: proxy.address, args: test.args, home: test.folder });
    // The last bytes of a connection are farewells: a build may be over by then.
    if (ended.code !== 0) {
      failed++;
      checkReport(ended, proxy.address, where);
    }
    await checkOutput(test, ended.code === 0, where);
    assert.deepEqual(openBelow(test.folder), [], `${where}: files were left open`);
    await Deno.remove(test.folder, { recursive: true });
  }
  assert.ok(failed >= 90, `only ${failed} of 100 builds noticed the cut`);
}

Deno.test(
  {
    name: "builds as processes end with exit code 1 and one message when the connection is cut",
    ignore,
  },
  async () => {
    const sizes = await measure("local");
    for (const [direction, part] of [["up", 0.5], ["down", 0.5], ["down", 0.05]] as const) {
      const test = await makeCase("local");
      const cutAfter = Math.floor(sizes[direction] * part);
      await using proxy = await startProxy({ to: daemon.tcp, [direction]: { cutAfter } });
      const ended = await fairlead(test.args, {
        env: { BUILDKIT_HOST: proxy.address, HOME: test.folder, DENO_DIR: denoDir },
      });
      const where = `${direction} cut after ${cutAfter} bytes`;
      checkReport(ended, proxy.address, where);
      await checkOutput(test, false, where);
      assert.equal(proxy.open, 0, `${where}: the connection is still open`);
      await Deno.remove(test.folder, { recursive: true });
    }
  },
);
