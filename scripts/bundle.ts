/**
 * Bundles the program into dist/, or the folder that is named: a file for each command and for what
 * only some of them need.
 *
 * The bundler cuts what commands share into a hundred small files, of which a build would load
 * fifty. A file costs 0.1 ms, and what is in it and not needed 10 µs a KiB
 * (`docs/decisions/0006-start-up.md`). So what the commands whose start is counted load is put
 * together (`scripts/bundle/merge.ts`), by who needs it: `core.js` all, `client.js` `ls` and those
 * that build, `builds.js` those that build, and one file for each.
 *
 * Deno reads every module that a literal `import("…")` names before it runs the first line. So those
 * names are made opaque: what is not used is not read.
 */
import {
  closureOf,
  merge,
  type Modules,
  parseModule,
  type Place,
  printModule,
} from "./bundle/merge.ts";
import { commonJs, NATIVE } from "./bundle/ssh2.ts";

const root = new URL("..", import.meta.url).pathname;
const dist = Deno.args[0] ?? `${root}dist`;

await Deno.remove(dist, { recursive: true }).catch(() => {});
const { success } = await new Deno.Command(Deno.execPath(), {
  args: [
    ...["bundle", "--quiet", "--minify", "--code-splitting", "--outdir", dist],
    ...NATIVE,
    `${root}main.ts`,
  ],
  cwd: root,
  stdin: "null",
  stdout: "null",
}).spawn().status;
if (!success) Deno.exit(1);

const modules: Modules = new Map();
for await (const { name } of Deno.readDir(dist)) {
  modules.set(name, parseModule(await Deno.readTextFile(`${dist}/${name}`)));
}
// The bundler's own `require` for CommonJS loads node:module, 15 ms, and every file imports it.
const shim = [...modules].find(([, { body }]) => body.includes("node:module"))?.[0];
for (const module of modules.values()) {
  module.imports = module.imports.filter(({ from, names }) => from !== shim || names.length > 0);
}

/** The commands whose start is counted, with the files that they import on their way. */
const counted: Record<string, readonly string[]> = {
  version: [],
  ls: ["connect", "grpc"],
  build: ["connect"],
  bake: ["connect", "run", "run_together", "strings"],
};
/** Who of these, or `main`, needs a module: by the module, in an order in which they can run. */
const users = new Map<string, string[]>();
const first = closureOf(modules, ["main.js"]).filter((name) => name !== "main.js");
for (const name of first) users.set(name, ["main"]);
for (const [command, others] of Object.entries(counted)) {
  for (const name of closureOf(modules, [commandFile(command), ...others.map(fileOf)])) {
    users.set(name, [...users.get(name) ?? [], command]);
  }
}
const places = new Map<string, Place>();
for (const target of ["core.js", "client.js", "builds.js", "ls.js", "build.js", "bake.js"]) {
  const parts = [...users].filter(([, commands]) => targetOf(commands) === target);
  for (const place of merge(modules, target, parts.map(([name]) => name))) places.set(...place);
}

function targetOf(commands: readonly string[]): string {
  if (commands.includes("main") || commands.includes("version")) return "core.js";
  if (commands.length === 1) return `${commands[0]}.js`;
  return commands.includes("ls") ? "client.js" : "builds.js";
}

/** The file of a command, by the list of commands. */
function commandFile(command: string): string {
  const entry = new RegExp(`\\bname:"${command}",[^}]*\\bimport\\("\\./([^"]+)"\\)`);
  const found = first.map((name) => entry.exec(modules.get(name)!.body)?.[1]);
  return only(found.filter((name) => name !== undefined), command);
}

/** The file of a module that is imported where it is used. */
function fileOf(module: string): string {
  return only([...modules.keys()].filter((name) => name.startsWith(`${module}-`)), module);
}

function only(names: readonly string[], what: string): string {
  if (names.length === 1) return names[0]!;
  throw new Error(`one file is to be ${what}, not ${names.length}: ${names.join(", ")}`);
}

for (const name of places.keys()) await Deno.remove(`${dist}/${name}`);
for (const [name, module] of modules) {
  const text = printModule(module).replace(/\bimport\("\.\/([^"]+)"\)/g, (_, name) => {
    const place = places.get(name);
    return place === undefined
      ? `import(["./${name}"].join())`
      : `import(["./${place.file}"].join()).then(all=>all.${place.name})`;
  });
  await Deno.writeTextFile(`${dist}/${name}`, commonJs(text));
}
