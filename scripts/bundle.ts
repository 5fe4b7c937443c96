/**
 * Bundles the program into dist/, or the folder that is named: a file for each command and for what
 * only some of them need.
 *
 * The bundler cuts what commands share into a hundred small files, of which a build would load
 * fifty, at 0.15 ms each. So they are put into three (`scripts/bundle/merge.ts`): `core.js`, what all
 * need; `client.js`, what all need that talk to a daemon; and `build.js`, what only few but `build`
 * need.
 *
 * Deno reads every module that a literal `import("…")` names before it runs the first line. So those
 * names are made opaque: what is not used is not read.
 */
import { closureOf, merge, type Modules, parseModule, printModule } from "./bundle/merge.ts";
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
const entries = [...modules.keys()].filter((name) => !/^(chunk|main)\b/.test(name));
const reach = new Map(entries.map((name) => [name, new Set(closureOf(modules, [name]))]));
const usersOf = (name: string) => [...reach.values()].filter((needed) => needed.has(name)).length;
const needsOf = (...names: string[]) =>
  closureOf(modules, entries.filter((entry) => names.some((name) => entry.startsWith(`${name}-`))));
const needs = needsOf("build", "connect");
const first = closureOf(modules, ["main.js"]).filter((name) => name !== "main.js");
const isSmall = (name: string) => modules.get(name)!.body.length < 8192 || first.includes(name);
// What many commands need, if it is small, is as good as needed by all.
const shared = needs.filter((name) =>
  usersOf(name) > 6 && closureOf(modules, [name]).every(isSmall)
);
const core = closureOf(modules, [...first, ...shared]);
const client = needsOf("connect").filter((name) => !core.includes(name));
const build = needs.filter((name) => !core.includes(name) && !client.includes(name));
const places = new Map([
  ...merge(modules, "core.js", core),
  ...merge(modules, "client.js", client),
  ...merge(modules, "build.js", build),
]);

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
