/** Makes one bundle with rolldown; every form of the program uses this. */
import { createRequire, isBuiltin } from "node:module";
import { type OutputOptions, type Plugin, rolldown } from "rolldown";
import { esmExternalRequirePlugin } from "rolldown/plugins";

/** The name that replaces ssh2's native module, which ssh2 doesn't need. */
const NATIVE = "\0native";

/** The options of a bundle. */
export interface BundleOptions {
  /** The module from which all others are imported; or several, by the names of their files. */
  readonly entry: string | Record<string, string>;
  readonly output: OutputOptions;
  /** Packages that are not bundled, but stay imports. */
  readonly external?: readonly string[];
  readonly plugins?: readonly Plugin[];
  /** For Node: the version of the language, and the module that exports `Deno` and `timeout`. */
  readonly node?: { readonly target: string; readonly runtime: string };
}

/** Writes the bundle. Throws an Error with rolldown's report where it can't. */
export async function bundle(
  { entry, output, external = [], plugins = [], node }: BundleOptions,
): Promise<void> {
  const made = await rolldown({
    input: entry,
    platform: "neutral",
    resolve: {
      // `main` is for packages without `exports`. The condition `node` is left out on purpose:
      // under it `yaml` gives its CommonJS build, which loads Deno's node layer (27 ms).
      conditionNames: ["import", "default"],
      mainFields: ["module", "main"],
    },
    plugins: [...plugins, packages(external), esmExternalRequirePlugin({ external: [/^node:/] })],
    // ssh2 is CommonJS, where this name always exists.
    transform: {
      define: { __dirname: "import.meta.dirname" },
      ...node && {
        target: node.target,
        inject: {
          Deno: [node.runtime, "Deno"],
          "AbortSignal.timeout": [node.runtime, "timeout"],
        },
      },
    },
    checks: { pluginTimings: false, ineffectiveDynamicImport: false },
  });
  await made.write({ format: "esm", minify: true, comments: false, ...output });
  await made.close();
}

/** Finds the packages of deno.json, which lie in Deno's cache and not in a `node_modules`. */
function packages(external: readonly string[]): Plugin {
  const own = createRequire(import.meta.url);
  const folders = new Set<string>();
  return {
    name: "packages",
    // The bundle has no comments, but licences must come with their code.
    generateBundle({ dir }) {
      if (dir === undefined || external.length > 0) return;
      const source = [...folders].sort().map(licenceOf).join("\n");
      this.emitFile({ type: "asset", fileName: "LICENCES.txt", source });
    },
    async resolveId(source, importer, { kind }) {
      if (/^cpu-features$|\.node$/.test(source)) return NATIVE;
      if (/^[./]|^node:/.test(source) || importer === undefined) return null;
      if (isBuiltin(source)) return await this.resolve(`node:${source}`, importer, { kind });
      const name = /^(?:@[^/]+\/)?[^/]+/.exec(source)![0];
      if (external.includes(name)) return { id: source, external: true };
      const require = importer.includes("/npm/") ? createRequire(importer) : own;
      const found = require.resolve(source);
      // The package names itself: then rolldown chooses the build by the package's `exports`.
      const folder = packageFolder(found, name);
      folders.add(folder);
      const self = `${folder}/package.json`;
      return await this.resolve(source, self, { kind, skipSelf: true }) ?? found;
    },
    load: (id) => id === NATIVE ? 'module.exports = {}; throw new Error("no add-on")' : null,
  };
}

/** The folder of the package that a file belongs to. A build may have a package.json of its own. */
function packageFolder(file: string, name: string): string {
  for (let folder = file; folder !== "";) {
    folder = folder.slice(0, folder.lastIndexOf("/"));
    try {
      if (JSON.parse(Deno.readTextFileSync(`${folder}/package.json`)).name === name) return folder;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  throw new Error(`${file} belongs to no package ${name}`);
}

/** A package's name, version and licence. */
function licenceOf(folder: string): string {
  const { name, version, license } = JSON.parse(Deno.readTextFileSync(`${folder}/package.json`));
  const file = [...Deno.readDirSync(folder)].find(({ name }) => /^licen[cs]e/i.test(name));
  const text = file === undefined
    ? `${license}\n`
    : Deno.readTextFileSync(`${folder}/${file.name}`);
  return `${name} ${version}\n\n${text}\n`;
}
