import { exists } from "../../base/stat.ts";
/** Builds a WebAssembly module with Go, from the tree's sources and the modules they require. */

/** The version of Go that the checksums belong to; another version of Go fetches this one. */
const GO = "go1.26.8";
/** The file of the SHA-256 of a module, next to its sources. */
const CHECKSUM = "checksum";

/** A module, and how its vendored copy of other modules differs from theirs. */
export interface GoModule {
  /** `engine` for `policy-engine.wasm`. */
  readonly name: string;
  /** The folder of the sources. */
  readonly sources: string;
  /** Files of other folders that lie next to the sources during the build. */
  readonly shared?: readonly string[];
  /** Changes the folder `vendor` of the build. */
  readonly patch: (vendor: string) => Promise<void>;
  /** The texts that decide the patch, for the key of the cache. */
  readonly patchKey: string;
}

/** The path of the module, which is built if it is missing. Throws if Go is missing or fails. */
export async function builtModule(module: GoModule, folder = cacheFolder()): Promise<string> {
  const key = (await sourceDigest(module)).slice(0, 16);
  const target = `${folder}/${module.name}-${key}.wasm`;
  if (!exists(target)) await build(module, folder, target);
  return target;
}

/** The built module's digest, and the one in the tree. */
export async function checksums(
  { sources }: GoModule,
  built: string,
): Promise<{ found: string; wanted: string }> {
  const found = await digestOf(await Deno.readFile(built));
  const wanted = await Deno.readTextFile(sources + CHECKSUM).catch(() => "");
  return { found, wanted: wanted.trim() };
}

/** Writes the module's digest into the tree. */
export async function updateChecksum({ sources }: GoModule, digest: string): Promise<void> {
  await Deno.writeTextFile(sources + CHECKSUM, `${digest}\n`);
}

/**
 * Puts the packed module and the licences of its parts into a folder. Throws if the module's digest
 * differs from the one in the tree.
 */
export async function shipModule(module: GoModule, dist: string): Promise<void> {
  const built = await builtModule(module);
  const { found, wanted } = await checksums(module, built);
  if (found !== wanted) throw new Error(`${built} has the digest ${found}, and not ${wanted}`);
  const packed = `${built}.br`;
  if (!exists(packed)) {
    const { brotliCompressSync, constants } = await import("node:zlib");
    const params = {
      [constants.BROTLI_PARAM_QUALITY]: 9,
      [constants.BROTLI_PARAM_LGWIN]: 24,
    };
    await Deno.writeFile(packed, brotliCompressSync(await Deno.readFile(built), { params }));
  }
  await Deno.copyFile(packed, `${dist}/policy-${module.name}.wasm.br`);
  const name = `POLICY_${module.name.toUpperCase()}_LICENCES.txt`;
  await Deno.copyFile(`${built}.licences`, `${dist}/${name}`);
}

async function build(module: GoModule, folder: string, target: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const work = await Deno.makeTempDir({ dir: folder, prefix: "build-" });
  try {
    for (const [name, path] of await filesOf(module)) {
      await Deno.mkdir(`${work}/${name}`.replace(/\/[^/]*$/, ""), { recursive: true });
      await Deno.copyFile(path, `${work}/${name}`);
    }
    await go(work, ["mod", "vendor"]);
    await module.patch(`${work}/vendor`);
    const flags = ["-mod=vendor", "-buildmode=c-shared", "-trimpath", "-buildvcs=false"];
    await go(work, ["build", ...flags, "-ldflags=-s -w -buildid=", "-o", "built.wasm", "."]);
    await Deno.writeTextFile(`${target}.licences`, await licences(work));
    await Deno.rename(`${work}/built.wasm`, target);
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

/** The files of the build by their name in it. */
async function filesOf(
  { sources, shared = [] }: GoModule,
): Promise<[name: string, path: string][]> {
  const files: [string, string][] = shared.map((path) => [path.replace(/^.*\//, ""), path]);
  const add = async (folder: string) => {
    for await (const { name, isFile, isDirectory } of Deno.readDir(sources + folder)) {
      if (isDirectory) await add(`${folder}${name}/`);
      else if (isFile && name !== CHECKSUM) files.push([folder + name, sources + folder + name]);
    }
  };
  await add("");
  return files.sort(([a], [b]) => a < b ? -1 : 1);
}

/** The licences and notices of the modules that the module is made of. */
async function licences(work: string): Promise<string> {
  const modules = await Deno.readTextFile(`${work}/vendor/modules.txt`);
  const parts: string[] = [];
  for (const [, name, version] of modules.matchAll(/^# (\S+) (v\S+)/gm)) {
    for (const file of ["LICENSE", "LICENSE.txt", "LICENSE.md", "COPYING", "NOTICE"]) {
      const text = await Deno.readTextFile(`${work}/vendor/${name}/${file}`).catch(() => undefined);
      if (text !== undefined) parts.push(`${name} ${version}\n\n${text.trim()}\n`);
    }
  }
  return parts.join(`\n${"-".repeat(80)}\n\n`);
}

async function go(cwd: string, args: string[]): Promise<void> {
  const command = new Deno.Command("go", {
    args,
    cwd,
    env: { GOOS: "wasip1", GOARCH: "wasm", GOFLAGS: "", GOWORK: "off", GOTOOLCHAIN: GO },
    stdin: "null",
    stdout: "null",
  });
  let child: Deno.ChildProcess;
  try {
    child = command.spawn();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error("the policy engine needs Go on PATH");
  }
  if (!(await child.status).success) throw new Error(`go ${args[0]} failed`);
}

async function sourceDigest(module: GoModule): Promise<string> {
  const texts: string[] = [GO, module.patchKey, await Deno.readTextFile(new URL(import.meta.url))];
  for (const [name, path] of await filesOf(module)) {
    texts.push(name, await Deno.readTextFile(path));
  }
  return await digestOf(new TextEncoder().encode(texts.join("\0")));
}

async function digestOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

function cacheFolder(): string {
  const caches = Deno.env.get("XDG_CACHE_HOME") || `${Deno.env.get("HOME") ?? "/root"}/.cache`;
  return `${caches}/fairlead/policy-engine`;
}
