// deno-lint-ignore-file no-console
/**
 * Checks a release's tag, and gathers its files; `.github/workflows/release.yml` runs it.
 *
 *     release.ts check v1.2.3     the tag is the program's version, and the changelog has it
 *     release.ts package v1.2.3   the packages of out/: .deb next to it, npm's in dist/npx
 *     release.ts gather v1.2.3    dist/release: the files in out/, also compressed, SHA256SUMS,
 *                                 notes.md, install.sh, a formula for Homebrew, a flake for Nix
 */
import { version } from "../version.ts";
import { debPackages } from "./release/deb.ts";
import { archiveOf, flake, packArchive, packFlake } from "./release/flake.ts";
import { checkFigure } from "./release/figures.ts";
import { formula } from "./release/formula.ts";
import { npxPackages } from "./release/npx.ts";
import { check as runCheck } from "./run.ts";

const root = new URL("..", import.meta.url).pathname;
/** The files of a release: the binaries, and the files next to fairlead.js that it reads. */
const PUBLISHED = /^(?:fairlead[-._]|policy-|POLICY_)/;
const [task, tag = ""] = Deno.args;

try {
  if (task === "check") await check();
  else if (task === "package") await makePackages();
  else if (task === "gather") await gather();
  else throw new Error("usage: release.ts check|package|gather vX.Y.Z");
} catch (error) {
  console.error(`release: ${error instanceof Error ? error.message : error}`);
  Deno.exit(1);
}

async function check(): Promise<void> {
  if (tag !== version.number) {
    throw new Error(`the tag is ${tag}, and version.ts says ${version.number}: change one of them`);
  }
  await notes();
}

async function makePackages(): Promise<void> {
  const number = tag.replace(/^v/, "");
  await Deno.remove(`${root}dist/npx`, { recursive: true }).catch(() => {});
  await npxPackages(`${root}out`, `${root}dist/npx`, number);
  await debPackages(`${root}out`, number);
}

async function gather(): Promise<void> {
  const to = `${root}dist/release`;
  await Deno.remove(to, { recursive: true }).catch(() => {});
  await Deno.mkdir(to, { recursive: true });
  await Deno.writeTextFile(`${to}/notes.md`, await notes());
  const names = [...Deno.readDirSync(`${root}out`)].map(({ name }) => name)
    .filter((name) => PUBLISHED.test(name)).sort();
  if (names.length === 0) throw new Error("out/ has no binaries: run deno task compile first");
  for (const name of names) {
    await Deno.copyFile(`${root}out/${name}`, `${to}/${name}`);
    if (/\.(?:js|exe|deb|br|txt)$/.test(name)) continue;
    await runCheck("xz", ["--keep", "--threads=0", `${to}/${name}`]);
    await runCheck("gzip", ["--keep", "-9", "--no-name", `${to}/${name}`]);
    if (name === "fairlead-linux-x64") await checkFigures(`${to}/${name}`);
    const archive = archiveOf(name);
    if (archive !== undefined) await packArchive(`${to}/${name}`, `${to}/${archive}`);
  }
  const sums = new Map<string, string>();
  for (const name of [...Deno.readDirSync(to)].map(({ name }) => name).sort()) {
    if (!PUBLISHED.test(name)) continue;
    const bytes = await Deno.readFile(`${to}/${name}`);
    const digest = await crypto.subtle.digest("SHA-256", bytes);
    sums.set(name, new Uint8Array(digest).toHex());
  }
  const lines = [...sums].map(([name, sum]) => `${sum}  ${name}\n`);
  await Deno.writeTextFile(`${to}/SHA256SUMS`, lines.join(""));
  await Deno.copyFile(`${root}install.sh`, `${to}/install.sh`);
  await Deno.writeTextFile(`${to}/fairlead.rb`, formula(tag, sums));
  await packFlake(flake(tag, sums), `${to}/fairlead-flake.tar.gz`);
}

/** Compares the sizes that the manual states with those of the file for most users. */
async function checkFigures(file: string): Promise<void> {
  const page = await Deno.readTextFile(`${root}docs/install.md`);
  for (const [figure, path] of Object.entries({ file, xz: `${file}.xz`, gz: `${file}.gz` })) {
    checkFigure(page, figure as "file" | "xz" | "gz", (await Deno.stat(path)).size);
  }
}

/** The version's part of the changelog. */
async function notes(): Promise<string> {
  const text = await Deno.readTextFile(`${root}CHANGELOG.md`);
  const number = tag.replace(/^v/, "");
  const part = text.split(/^## /m).find((part) =>
    part.split(/[\s\]]/)[0]!.replace("[", "") === number
  );
  if (part === undefined) throw new Error(`CHANGELOG.md has no "## ${number}": write it first`);
  return part.slice(part.indexOf("\n")).trim() + "\n";
}
