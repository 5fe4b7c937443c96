/** Builds the policy engine's module with Go, and packs it; `scripts/policy_engine.ts` says how. */
const sources = new URL("../../policies/engine/", import.meta.url).pathname;
const checksumFile = `${sources}checksum`;
/** The version of Go that the checksum belongs to; if Go is another version, it fetches this one. */
const GO = "go1.26.8";

const OPA = "vendor/github.com/open-policy-agent/opa";
/** Files of OPA that are left out: functions that buildx forbids, and old lists of functions. */
const LEFT_OUT = [
  ...["http", "http_fixup", "http_fixup_darwin", "graphql", "tokens", "crypto", "providers"],
  ...["jsonschema", "net"],
].map((name) => `v1/topdown/${name}.go`).concat("v1/util/close.go", "v1/util/read_gzip_body.go");
/** Files of OPA that import net/http for functions that a policy never uses. */
const WITHOUT_HTTP = ["internal/gojsonschema/jsonLoader.go", "v1/tracing/tracing.go"];

/** The path of the module, which is built if it is missing. Throws if Go is missing or fails. */
export async function engineModule(folder: string = cacheFolder()): Promise<string> {
  const key = (await sourceDigest()).slice(0, 16);
  const target = `${folder}/engine-${key}.wasm`;
  if (!await exists(target)) await build(folder, target);
  return target;
}

/** The module's digest, and the one in the tree. */
export async function checksums(module: string): Promise<{ found: string; wanted: string }> {
  const found = await digestOf(await Deno.readFile(module));
  const wanted = await Deno.readTextFile(checksumFile).catch(() => "");
  return { found, wanted: wanted.trim() };
}

/** Writes the module's digest into the tree. */
export async function updateChecksum(digest: string): Promise<void> {
  await Deno.writeTextFile(checksumFile, `${digest}\n`);
}

/**
 * Puts the packed module and the licences of its parts into a folder. Throws if the module's digest
 * differs from the one in the tree.
 */
export async function shipEngine(dist: string): Promise<void> {
  const module = await engineModule();
  const { found, wanted } = await checksums(module);
  if (found !== wanted) throw new Error(`${module} has the digest ${found}, and not ${wanted}`);
  const packed = `${module}.br`;
  if (!await exists(packed)) {
    const { brotliCompressSync, constants } = await import("node:zlib");
    const params = {
      [constants.BROTLI_PARAM_QUALITY]: 9,
      [constants.BROTLI_PARAM_LGWIN]: 24,
    };
    await Deno.writeFile(packed, brotliCompressSync(await Deno.readFile(module), { params }));
  }
  await Deno.copyFile(packed, `${dist}/policy-engine.wasm.br`);
  await Deno.copyFile(`${module}.licences`, `${dist}/POLICY_ENGINE_LICENCES.txt`);
}

async function build(folder: string, target: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const work = await Deno.makeTempDir({ dir: folder, prefix: "build-" });
  try {
    for await (const { name, isFile } of Deno.readDir(sources)) {
      if (isFile && name !== "checksum") await Deno.copyFile(sources + name, `${work}/${name}`);
    }
    await Deno.mkdir(`${work}/nohttp`);
    await Deno.copyFile(`${sources}nohttp/http.go`, `${work}/nohttp/http.go`);
    await go(work, ["mod", "vendor"]);
    for (const path of LEFT_OUT) await Deno.remove(`${work}/${OPA}/${path}`);
    for await (const { name } of Deno.readDir(`${work}/${OPA}/capabilities`)) {
      if (name.endsWith(".json")) await Deno.remove(`${work}/${OPA}/capabilities/${name}`);
    }
    await Deno.writeTextFile(`${work}/${OPA}/capabilities/none.json`, "{}\n");
    await Deno.writeTextFile(
      `${work}/${OPA}/v1/topdown/http.go`,
      "package topdown\n\n// CustomizeRoundTripper has no use without http.send.\n" +
        "type CustomizeRoundTripper func()\n",
    );
    for (const path of WITHOUT_HTTP) {
      const at = `${work}/${OPA}/${path}`;
      const text = await Deno.readTextFile(at);
      await Deno.writeTextFile(at, text.replace('"net/http"', 'http "fairlead/policy/nohttp"'));
    }
    const flags = ["-mod=vendor", "-buildmode=c-shared", "-trimpath", "-buildvcs=false"];
    await go(work, ["build", ...flags, "-ldflags=-s -w -buildid=", "-o", "engine.wasm", "."]);
    await Deno.writeTextFile(`${target}.licences`, await licences(work));
    await Deno.rename(`${work}/engine.wasm`, target);
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

/** The licences and notices of the modules that the engine is made of. */
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

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
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

async function sourceDigest(): Promise<string> {
  const texts: string[] = [GO, await Deno.readTextFile(new URL(import.meta.url))];
  for (const name of ["nohttp/http.go", ...names()]) {
    texts.push(name, await Deno.readTextFile(sources + name));
  }
  return await digestOf(new TextEncoder().encode(texts.join("\0")));
}

function names(): string[] {
  return [...Deno.readDirSync(sources)].filter(({ isFile, name }) => isFile && name !== "checksum")
    .map(({ name }) => name).sort();
}

async function digestOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

function cacheFolder(): string {
  const caches = Deno.env.get("XDG_CACHE_HOME") || `${Deno.env.get("HOME") ?? "/root"}/.cache`;
  return `${caches}/fairlead/policy-engine`;
}
