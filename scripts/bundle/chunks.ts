/**
 * Decides which file of the bundle a module goes into.
 *
 * Loading a file costs 0.1 ms, and unused code in it costs 10 µs a KiB
 * (`docs/decisions/0006-start-up.md`). By default, a bundler splits shared code into a
 * hundred small files, and a build would load fifty of them. So the commands whose start time is
 * measured use few files: `core.js` for all, `start.js` for what begins to connect, `client.js` for
 * those that reach a daemon, `progress.js` for those that build or boot, `builds.js` for those that
 * build, and one file for each command.
 *
 * A measured command needs the static imports of its modules, and those dynamic imports that have
 * this mark:
 *
 *     await import("./run.ts" /* at every run *\/)
 */
import { type CodeSplittingGroup, type GetModuleInfo, type Plugin } from "rolldown";

const MARKED = /\bimport\("([^"]+)" \/\* at every run \*\/\)/g;
const COUNTED = ["ls", "inspect", "build", "bake"];
/** Commands that begin to connect before the rest of their code is loaded. */
const EARLY = ["ls", "inspect", "build"];
/** A boot needs the progress of a build, but nothing else of the code that builds. */
const BOOT = "commands/inspect/boot.ts";
/** Files in order of precedence: the first that needs a module gets it. */
const FILES = ["core", "start", "client", "progress", "builds", ...COUNTED];

type Named = { readonly name: string; readonly moduleIds: readonly string[] };

/** The plugin that finds the marks, and the groups of modules for the named files. */
export function chunks(root: string) {
  /** Modules imported at every run, by their importers. */
  const marked = new Map<string, string[]>();
  let files: ReadonlyMap<string, string> | undefined;
  const plugin: Plugin = {
    name: "chunks",
    transform(code, id) {
      const targets = [...code.matchAll(MARKED)]
        .map(([, target]) => new URL(target!, `file://${id}`).pathname);
      if (targets.length > 0) marked.set(id, targets);
    },
    generateBundle(_, bundle) {
      const chunks = Object.values(bundle).filter((file) => file.type === "chunk");
      const facades = new Map<string, string>();
      for (const { fileName, code, moduleIds } of chunks) {
        const target = moduleIds.length === 0 ? facadeTarget(code) : undefined;
        if (target === undefined) continue;
        facades.set(fileName, target);
        delete bundle[fileName];
      }
      for (const chunk of chunks) {
        chunk.code = hideLateImports(chunk.code, (file) => facades.get(file));
      }
    },
  };
  const groups = FILES.map((file, at): CodeSplittingGroup => ({
    name(id, graph) {
      files ??= assign(root, (id) => graph.getModuleInfo(id), marked);
      return files.get(id) === file ? file : null;
    },
    debugName: file,
    priority: FILES.length - at,
  }));
  /** Whether a file is one of `FILES`: a module or its folder may have the same name. */
  const isNamed = ({ name, moduleIds }: Named) => files?.get(moduleIds[0] ?? "") === name;
  return { plugin, groups, isNamed };
}

/** The file of each module that `main.ts` or a counted command needs. */
function assign(
  root: string,
  info: GetModuleInfo,
  marked: ReadonlyMap<string, readonly string[]>,
): Map<string, string> {
  const main = `${root}main.ts`;
  const imported = (id: string) => info(id)?.importedIds ?? [];
  const needed = (id: string) => [...imported(id), ...marked.get(id) ?? []];
  const users = new Map<string, string[]>();
  for (const command of COUNTED) {
    const file = `${root}commands/${command}.ts`;
    if (!info(file)) {
      throw new Error(`the command ${command} is not in ${file}: see ${import.meta.url}`);
    }
    for (const id of reached([main, file], needed)) {
      users.set(id, [...users.get(id) ?? [], command]);
    }
  }
  const files = new Map([...users].map(([id, commands]) => [id, fileOf(commands)]));
  for (const id of reached([`${root}${BOOT}`], imported)) {
    if (files.get(id) === "builds") files.set(id, "progress");
  }
  const early = EARLY.map((command) => `${root}commands/${command}.ts`);
  for (const id of reached(early, imported)) files.set(id, "start");
  for (const id of reached([main, `${root}commands/version.ts`], imported)) files.set(id, "core");
  // `main.ts` awaits a command's import. In a file that commands import, it would wait for itself.
  files.delete(main);
  return files;
}

function fileOf(commands: readonly string[]): string {
  if (commands.length === 1) return commands[0]!;
  return commands.includes("ls") || commands.includes("inspect") ? "client" : "builds";
}

/** All modules that `next` reaches from some modules, including these. */
function reached(from: readonly string[], next: (id: string) => readonly string[]) {
  const seen = new Set(from);
  for (const id of seen) next(id).forEach((other) => seen.add(other));
  return seen;
}

/**
 * Finds a facade: if the module of a dynamic import shares a file with others, Rolldown writes a
 * file that only exports from that one. Gives an expression that imports the shared file instead.
 */
export function facadeTarget(code: string): string | undefined {
  const [, names, file] = /^export\{([^{}]+)\}from"\.\/([^"]+)";\s*$/.exec(code) ?? [];
  if (names === undefined) return undefined;
  const fields = names.split(",").map((pair) => {
    const [inside, outside = inside] = pair.split(" as ");
    return `${outside}:all.${inside}`;
  });
  return `import(["./${file}"].join()).then(all=>({${fields}}))`;
}

/**
 * Deno reads every module that a literal `import("…")` names before it runs the first line. With
 * the name hidden, Deno reads a module when it is imported.
 */
export function hideLateImports(
  code: string,
  facade: (file: string) => string | undefined,
): string {
  return code.replace(
    /\bimport\((["'`])\.\/([^"'`]+)\1\)/g,
    (_, _quote, file: string) => facade(file) ?? `import(["./${file}"].join())`,
  );
}
