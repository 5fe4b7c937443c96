/**
 * Runs at the first start of a self-extracting binary, by the Deno that its head has just written:
 * checks the file, writes the program, moves everything to its final place, and fills Deno's code
 * cache there, because its entries depend on the path. An error is one line, with exit code 3.
 * An import of node's that isn't always needed is made late: each costs 20 to 50 ms here.
 *
 *     unpack.js SELF PARTIAL FINAL AT DIGEST
 *
 * SELF is the binary, and PARTIAL the folder with Deno, its C library and this file. AT is the
 * offset of the program's part in SELF, in bytes. DIGEST is the SHA-256 of everything behind the
 * head.
 */
import { createHash } from "node:crypto";
import { setInterpreter } from "./elf.ts";
import { BLOCK, type Manifest, NAME_MARK } from "./layout.ts";
import { removeOlder } from "./older.ts";
import { runFlags } from "./run_flags.ts";

const [self, partial, final, at, digest] = Deno.args as [string, string, string, string, string];
const started = Date.now();
/** The longest time that unpacking may take, in milliseconds. */
const OLD = 3_600_000;
/** A file of the bundle that most runs don't load: `scripts/bundle/chunks.ts` names the others. */
const RARE = /-[\w-]{8}\.js$/;

try {
  await unpack();
  await move();
} catch (error) {
  const text = error instanceof Error ? error.message : String(error);
  Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
  Deno.exit(3);
}
await fillCache();
await removeLeftovers();
await removeOlder(final);

async function unpack(): Promise<void> {
  using file = await Deno.open(self);
  if (await nameOf(file) !== final.slice(final.lastIndexOf("/") + 1)) damaged("its head");
  if (await digestFrom(file, BLOCK) !== digest) damaged("its checksum");
  await file.seek(Number(at), Deno.SeekMode.Start);
  const { files, libraries }: Manifest = JSON.parse(await lineOf(file));
  for (const [path, size] of files) {
    const bytes = new Uint8Array(size);
    for (let got = 0; got < size;) got += await file.read(bytes.subarray(got)) ?? size;
    await Deno.mkdir(`${partial}/${path.slice(0, path.lastIndexOf("/"))}`, { recursive: true });
    await Deno.writeFile(`${partial}/${path}`, bytes);
  }
  for (const [name, size] of libraries) await cut(`${partial}/lib/${name}`, size);
  const loader = [...Deno.readDirSync(`${partial}/lib`)].find(({ name }) => /^ld-/.test(name));
  if (loader) await setInterpreter(`${partial}/deno`, `${final}/lib/${loader.name}`);
  await Deno.remove(`${partial}/unpack.js`);
  await Deno.remove(`${partial}/pid`).catch(() => {});
  await Deno.remove(`${partial}/cache`, { recursive: true }).catch(() => {});
  // This file is written last: a newer file has been tampered with. It holds the final path.
  await Deno.writeTextFile(`${partial}/complete`, `${final}\n`);
  // Only this user could read the folder so far.
  await Deno.chmod(partial, 0o755);
}

/** Takes the padding off a library. This process runs on them, so a shorter copy replaces it. */
async function cut(path: string, size: number): Promise<void> {
  const bytes = await Deno.readFile(path);
  await Deno.writeFile(`${path}.cut`, bytes.subarray(0, size), { mode: 0o755 });
  await Deno.rename(`${path}.cut`, path);
}

function damaged(what: string): never {
  throw new Error(`${self} is damaged (${what} is wrong)`);
}

/** The folder's name, made of the head: the version, and a hash of the head without that name. */
async function nameOf(file: Deno.FsFile): Promise<string> {
  const bytes = new Uint8Array(BLOCK);
  for (let got = 0; got < BLOCK;) got += await file.read(bytes.subarray(got)) ?? BLOCK;
  const head = new TextDecoder().decode(bytes).trimEnd();
  const name = /^name=(\S+)$/m.exec(head)?.[1] ?? "";
  const unnamed = head.replace(`name=${name}`, `name=${NAME_MARK}`);
  const hash = createHash("sha256").update(unnamed).digest("hex").slice(0, 12);
  return name.replace(/[0-9a-f]{12}$/, hash);
}

async function digestFrom(file: Deno.FsFile, at: number): Promise<string> {
  const hash = createHash("sha256");
  const buffer = new Uint8Array(1 << 20);
  await file.seek(at, Deno.SeekMode.Start);
  for (let size; (size = await file.read(buffer)) !== null;) hash.update(buffer.subarray(0, size));
  return hash.digest("hex");
}

async function lineOf(file: Deno.FsFile): Promise<string> {
  const bytes: number[] = [];
  const byte = new Uint8Array(1);
  while (await file.read(byte) !== null && byte[0] !== 10) bytes.push(byte[0]!);
  return new TextDecoder().decode(new Uint8Array(bytes));
}

/** Moves the folder to its final place. A faster start's folder stays; a damaged one is removed. */
async function move(): Promise<void> {
  for (let tries = 0;; tries++) {
    try {
      return await Deno.rename(partial, final);
    } catch (error) {
      const made = await Deno.stat(`${final}/complete`).catch(() => undefined);
      const isOurs = made?.uid === Deno.uid();
      if (isOurs && (made?.mtime?.getTime() ?? 0) >= started) {
        // The shell that started this may have been killed, so it can't be left to the shell.
        return await Deno.remove(partial, { recursive: true });
      }
      if (tries > 5) throw error;
    }
    const away = `${partial}.damaged.${Deno.pid}.${tries}`;
    await Deno.rename(final, away).catch(() => {});
    await Deno.remove(away, { recursive: true }).catch(() => {});
  }
}

/**
 * Lets Deno compile what most commands load, and store the code in its cache. To compile all would
 * take three times as long as everything else here. Deno does it when a file is first used.
 */
async function fillCache(): Promise<void> {
  const names = [...Deno.readDirSync(`${final}/dist`)].map(({ name }) => name)
    .filter((name) => name.endsWith(".js") && name !== "main.js" && !RARE.test(name));
  // The last one runs the program, and ends the process.
  const imports = [...names, "main.js"].map((name) => `await import("./dist/${name}");\n`);
  const common = `${final}/common.js`;
  await Deno.writeTextFile(common, imports.join(""));
  // `version` would end before Deno has stored anything.
  await run(common, "--help");
  await Deno.remove(common);
  await foldLogs();
}

/**
 * Writes SQLite's logs into their databases, and so empties them. Otherwise each start would read
 * the whole logs, which takes a millisecond. Errors are ignored.
 */
async function foldLogs(): Promise<void> {
  try {
    const { DatabaseSync } = await import("node:sqlite");
    for (const { name } of Deno.readDirSync(`${final}/cache`)) {
      if (!name.endsWith("-wal")) continue;
      const database = new DatabaseSync(`${final}/cache/${name.slice(0, -"-wal".length)}`);
      // Deno would analyze the tables at its next start, and begin a new log with that.
      database.exec("ANALYZE; PRAGMA wal_checkpoint(TRUNCATE)");
      database.close();
    }
  } catch {
    // Deno has stored nothing, for example in a root without /proc.
  }
}

async function run(...args: string[]): Promise<void> {
  try {
    const child = new Deno.Command(`${final}/deno`, {
      args: [...runFlags, ...args],
      env: { DENO_DIR: `${final}/cache`, DENO_NO_UPDATE_CHECK: "1" },
      // "null" would need /dev/null, which a bare root lacks.
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    await child.stdin.close();
    await child.output();
  } catch {
    // The program works without the code cache.
  }
}

/** Removes the folders of starts that were killed while they unpacked. */
async function removeLeftovers(): Promise<void> {
  const place = final.slice(0, final.lastIndexOf("/"));
  for (const { name } of Deno.readDirSync(place)) {
    if (!name.startsWith(".unpacking-")) continue;
    const { mtime } = await Deno.stat(`${place}/${name}`).catch(() => ({ mtime: null }));
    if (mtime === null) continue;
    if (mtime.getTime() > started - OLD && !await isDead(`${place}/${name}`)) continue;
    await Deno.remove(`${place}/${name}`, { recursive: true }).catch(() => {});
  }
}

/** Whether the shell that unpacked into `folder` is gone; the head wrote its id there. */
async function isDead(folder: string): Promise<boolean> {
  const { default: process } = await import("node:process");
  try {
    process.kill(Number(Deno.readTextFileSync(`${folder}/pid`).trim() || NaN), 0);
    return false;
  } catch (error) {
    return (error as { code?: string }).code === "ESRCH";
  }
}
