// deno-lint-ignore-file no-console
/**
 * Builds the policy engine (`policies/engine/`) with Go into a folder outside the checkout, and prints
 * where its module is. The same sources give the same bytes: `policies/engine/checksum` holds their
 * SHA-256, and `--update` writes it anew.
 *
 *   deno run -A scripts/policy_engine.ts [--update] [FOLDER]
 *
 * OPA's module is used as it is, less its functions that reach the network, which a policy may not
 * call: files of the vendored copy are left out, and net/http there is `policies/engine/nohttp`.
 */
const update = Deno.args.includes("--update");
const [folder = `${cacheFolder()}/policy-engine`] = Deno.args.filter((arg) => arg !== "--update");
const sources = new URL("../policies/engine/", import.meta.url).pathname;
/** The Go that the checksum is of; another one is fetched from the module proxy. */
const GO = "go1.26.8";

const OPA = "vendor/github.com/open-policy-agent/opa";
/** Files of OPA that are left out: functions that buildx forbids, and old lists of functions. */
const LEFT_OUT = [
  ...["http", "http_fixup", "http_fixup_darwin", "graphql", "tokens", "crypto", "providers"],
  ...["jsonschema", "net"],
].map((name) => `v1/topdown/${name}.go`).concat("v1/util/close.go", "v1/util/read_gzip_body.go");
/** Files of OPA that name net/http for what a policy never does. */
const WITHOUT_HTTP = ["internal/gojsonschema/jsonLoader.go", "v1/tracing/tracing.go"];

const key = (await sourceDigest()).slice(0, 16);
const target = `${folder}/engine-${key}.wasm`;
try {
  await Deno.stat(target);
} catch {
  await build();
}
const checksum = await digestOf(await Deno.readFile(target));
const file = `${sources}checksum`;
const wanted = await Deno.readTextFile(file).catch(() => "");
if (update) await Deno.writeTextFile(file, `${checksum}\n`);
else if (wanted.trim() !== checksum) {
  console.error(
    `${target} has the digest ${checksum}, and ${file} says ${wanted.trim() || "none"}`,
  );
  Deno.exit(1);
}
console.log(target);

async function build(): Promise<void> {
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
    await Deno.rename(`${work}/engine.wasm`, target);
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

async function go(cwd: string, args: string[]): Promise<void> {
  const { success } = await new Deno.Command("go", {
    args,
    cwd,
    env: { GOOS: "wasip1", GOARCH: "wasm", GOFLAGS: "", GOWORK: "off", GOTOOLCHAIN: GO },
    stdin: "null",
    stdout: "null",
  }).spawn().status;
  if (!success) throw new Error(`go ${args[0]} failed`);
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
  return `${caches}/fairlead`;
}
