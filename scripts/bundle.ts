/**
 * Bundles the program into dist/: a file for each command and for what only some of them need.
 *
 * Deno reads every module that a literal `import("…")` names before it runs the first line, 38
 * files where `version` needs 12. So those names are made opaque: what is not used is not read.
 */
const root = new URL("..", import.meta.url).pathname;
const dist = `${root}dist`;

/** Add-ons that ssh2 uses where they were built, and does without where not. */
const NATIVE = ["cpu-features", "*.node"];

await Deno.remove(dist, { recursive: true }).catch(() => {});
const { success } = await new Deno.Command(Deno.execPath(), {
  args: [
    ...["bundle", "--quiet", "--minify", "--code-splitting", "--outdir", dist],
    ...NATIVE.map((name) => `--external=${name}`),
    `${root}main.ts`,
  ],
  cwd: root,
  stdin: "null",
  stdout: "null",
}).spawn().status;
if (!success) Deno.exit(1);

const texts = new Map<string, string>();
for await (const { name } of Deno.readDir(dist)) {
  texts.set(name, await Deno.readTextFile(`${dist}/${name}`));
}
// The bundler's own `require` for CommonJS loads node:module, 15 ms, and every file imports it.
const shim = [...texts].find(([, text]) => text.includes("node:module"))?.[0];
for (const [name, text] of texts) {
  const tidy = text
    .replaceAll(`import"./${shim}";`, "")
    .replace(/\bimport\("(\.\/[^"]+)"\)/g, 'import(["$1"].join())');
  // ssh2 comes as CommonJS, where this name is always there.
  const named = /\b__dirname\b/.test(tidy) ? `const __dirname=import.meta.dirname;${tidy}` : tidy;
  if (named !== text) await Deno.writeTextFile(`${dist}/${name}`, named);
}
