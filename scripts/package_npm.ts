/**
 * Makes dist/npm: the library as a package for npm, for programs that run on Deno, Node or Bun. It
 * holds JavaScript, in a file for each part that is loaded separately, and declarations. The files
 * for Node and Bun use `scripts/npm/node_runtime.ts` instead of `Deno`.
 *
 *     deno task package && cd dist/npm && npm publish
 */
import { check } from "./run.ts";
import { bundle } from "./bundle/rolldown.ts";

/** A package's name where one is imported, statically or when it is needed. */
const IMPORT = /^(?:import|export) .* from "([@\w][^"]*)"|\bimport\("([@\w][^"]*)"\)/gm;
const REPOSITORY = "https://github.com/fairlead/fairlead";
const root = new URL("..", import.meta.url).pathname;
const out = `${root}dist/npm`;
const config = JSON.parse(await Deno.readTextFile(`${root}deno.json`));

await Deno.remove(out, { recursive: true }).catch(() => {});
const packages = Object.keys(config.imports).filter((name) => !name.startsWith("fairlead"));
const entry = { mod: `${root}buildkit/mod.ts`, builders: `${root}builders/mod.ts` };
await bundle({
  entry,
  external: packages,
  output: { dir: out, minify: false, comments: true },
});
await bundle({
  entry,
  external: packages,
  output: { dir: `${out}/node`, minify: false, comments: true },
  node: { target: "node22", runtime: `${root}scripts/npm/node_runtime.ts` },
});
await checkRuntime();
await declare();
await Deno.writeTextFile(`${out}/package.json`, JSON.stringify(manifest(), null, 2) + "\n");
await Deno.copyFile(`${root}LICENSE`, `${out}/LICENSE`);
await Deno.writeTextFile(`${out}/README.md`, await readme());

/** The library's page, whose links to its neighbours lead to the repository. */
async function readme(): Promise<string> {
  const page = await Deno.readTextFile(`${root}docs/library.md`);
  return page.replace(/\]\((?!https?:)/g, `](${REPOSITORY}/blob/main/docs/`);
}

function manifest(): object {
  return {
    name: config.name,
    version: config.version,
    description: "A BuildKit client for Deno, Node and Bun, over any byte stream",
    license: config.license,
    repository: { type: "git", url: `git+${REPOSITORY}.git` },
    type: "module",
    exports: {
      ".": {
        types: "./types/buildkit/mod.d.ts",
        deno: "./mod.js",
        default: "./node/mod.js",
      },
      "./builders": {
        types: "./types/builders/mod.d.ts",
        deno: "./builders.js",
        default: "./node/builders.js",
      },
    },
    engines: { deno: ">=2.9.6", node: ">=22", bun: ">=1.2" },
    dependencies: dependencies(),
  };
}

/** Throws if the files for Node use a part of Deno's API that their runtime lacks, FFI's apart. */
async function checkRuntime(): Promise<void> {
  const runtime = await import("./npm/node_runtime.ts");
  for (const { name } of Deno.readDirSync(`${out}/node`)) {
    const code = Deno.readTextFileSync(`${out}/node/${name}`).replace(/^\s*(?:\*|\/[/*]).*$/gm, "");
    for (const [whole, part] of code.matchAll(/\bDeno(?:\$\d+)?\.(\w+)/g)) {
      if (!(part! in runtime.Deno) && !part!.startsWith("Unsafe")) {
        throw new Error(`${name} uses ${whole}, which scripts/npm/node_runtime.ts has not`);
      }
    }
  }
}

/** The packages that the bundle imports by name, in the versions that deno.json pins. */
function dependencies(): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { name } of Deno.readDirSync(out)) {
    if (!name.endsWith(".js")) continue;
    const text = Deno.readTextFileSync(`${out}/${name}`);
    for (const [, first, later] of text.matchAll(IMPORT)) {
      const from = first ?? later!;
      if (from.startsWith("node:")) continue;
      const key = Object.keys(config.imports).find((key) => `${from}/`.startsWith(`${key}/`));
      const version = config.imports[key!]?.match(/^npm:.*@([^@/]+)$/)?.[1];
      if (version === undefined) {
        throw new Error(`${name} imports ${from}, which deno.json has not`);
      }
      found[key!] = version;
    }
  }
  return found;
}

/** Declarations by TypeScript's own compiler. The types that it misses are Deno's. */
async function declare(): Promise<void> {
  const work = await Deno.makeTempDir({ prefix: "fairlead-types-" });
  try {
    await Deno.writeTextFile(`${work}/deno.d.ts`, await deno(["types"]));
    const compilerOptions = {
      ...{ declaration: true, emitDeclarationOnly: true, stripInternal: true, noCheck: true },
      ...{ rootDir: root, outDir: `${out}/types`, allowImportingTsExtensions: true },
      ...{ module: "esnext", moduleResolution: "bundler", target: "esnext", lib: ["esnext"] },
      ...{ types: [], skipLibCheck: true },
    };
    const files = [...Object.values(entry), `${work}/deno.d.ts`];
    await Deno.writeTextFile(`${work}/tsconfig.json`, JSON.stringify({ compilerOptions, files }));
    await deno(["run", "-A", "--quiet", "--no-lock", "npm:typescript@5.9.3/tsc", "-p", work]);
    nameAsJavaScript(`${out}/types`);
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

/** In packages, declarations are found by the names of their files: `./client.js`. */
function nameAsJavaScript(folder: string): void {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) {
      nameAsJavaScript(path);
      continue;
    }
    const text = Deno.readTextFileSync(path);
    Deno.writeTextFileSync(path, text.replace(/((?:from|import\()\s*"\.[^"]*)\.ts"/g, '$1.js"'));
  }
}

/** Runs Deno; resolves to what it printed. */
async function deno(args: string[]): Promise<string> {
  return (await check(Deno.execPath(), args, { cwd: root })).stdout;
}
