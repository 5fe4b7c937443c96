// deno-lint-ignore-file no-console
/**
 * Checks the rules that keep the tree simple. It prints each breach as `file:line: what`, and fails
 * when there is one.
 */
import { compatibilityBreaches } from "./compatibility.ts";
import { environmentBreaches } from "./environment.ts";
import { cycleBreaches } from "./import_cycles.ts";

const root = new URL("..", import.meta.url).pathname.replace(/\/$/, "");

/** The rooms, lowest first. A room imports from itself and from the rooms before it. */
const ROOMS = [
  "base",
  "grammar",
  "proto",
  "transports",
  "buildkit",
  "bake",
  "builders",
  "cli",
  "progress",
  "images",
  "policies",
  "builds",
  "debugging",
  "commands",
  "main.ts",
];
/** A file with more lines is a breach. */
const LONGEST = 400;
/** A comment line with more columns is a breach. */
const WIDEST = 100;

/** Files that are loaded only when they are used, and so may import `node:` modules. */
const LAZY =
  /^(?:bake\/hcl\/functions\/(?:digests|ciphers)|commands\/certs\/(?:judge|certificate_file)|transports\/(?:ssh\/\w+|tls\/tls(?:_(?!connect)\w+)?|net\/pipe))\.ts$/;

/** Files that may read arguments, environment and standard streams; others get them by `Deps`. */
const AMBIENT = new Set([
  "main.ts",
  "cli/deps.ts",
  "cli/signal_guard.ts",
  "cli/terminal.ts",
  "buildkit/library.ts",
  "builders/library.ts",
]);

const breaches: string[] = [];
const files = [...walk(root)].filter((path) => path.endsWith(".ts"));
const product = files.filter((path) =>
  !path.startsWith("tests/") && !path.startsWith("scripts/") && !path.startsWith("examples/") &&
  !path.startsWith("proto/gen/") && !path.endsWith("_test.ts")
);

/** Comments have the width of the code. `deno fmt` doesn't fold them. An address may be longer. */
for (const path of files.filter((path) => !path.startsWith("proto/gen/"))) {
  Deno.readTextFileSync(`${root}/${path}`).split("\n").forEach((line, at) => {
    if (line.length > WIDEST && /^ *(?:\/\/|\/?\*+) (?! |https:)/.test(line)) {
      breach(path, at + 1, `a comment of ${line.length} columns: the limit is ${WIDEST}`);
    }
  });
}

for (const path of product) {
  const text = Deno.readTextFileSync(`${root}/${path}`);
  const lines = text.split("\n");
  if (lines.length > LONGEST) breach(path, 1, `${lines.length} lines: the limit is ${LONGEST}`);
  lines.forEach((line, at) => {
    const number = at + 1;
    const target = line.match(/(?:from|import\(|^import)\s*"(\.[^"]+)"/)?.[1];
    if (target) checkImport(path, number, target);
    if (/\bDeno\.exit\(/.test(line) && path !== "main.ts") {
      breach(path, number, "Deno.exit stands in main.ts only");
    }
    if (target && LAZY.test(resolve(path, target)) && !LAZY.test(path)) {
      if (/^(?:import|export) (?!type )/.test(line)) {
        breach(path, number, `${target} loads node: modules: import it where it is used`);
      }
    }
    if (/^(?:import|export) (?!type ).*from "node:/.test(line) && !LAZY.test(path)) {
      breach(
        path,
        number,
        "a node: module costs 15 ms or more of start-up: import it where it is used",
      );
    }
    if (/\.\.\.(?:\w+\.)?deps\b(?!\.)/.test(line)) {
      breach(path, number, "Deps are changed by withChanges, not by a spread");
    }
    if (/\bDeno\.(?:env|args|stdout|stderr|stdin)\b/.test(line) && !AMBIENT.has(path)) {
      breach(path, number, "ambient things come in through Deps");
    }
  });
}

/** Scripts don't depend on tests: tests may use the scripts, but not the other way round. */
for (const path of files.filter((path) => path.startsWith("scripts/"))) {
  Deno.readTextFileSync(`${root}/${path}`).split("\n").forEach((line, at) => {
    if (/(?:from|import\()\s*"(?:\.\.\/)+tests\//.test(line)) {
      breach(path, at + 1, "scripts/ imports nothing of tests/");
    }
  });
}

/** Each transport is one file with one export, listed in `all.ts`. */
const list = Deno.readTextFileSync(`${root}/transports/all.ts`);
for (const { name } of Deno.readDirSync(`${root}/transports/schemes`)) {
  if (name.endsWith("_test.ts")) continue;
  const path = `transports/schemes/${name}`;
  const values = Deno.readTextFileSync(`${root}/${path}`)
    .match(/^export (?:const|function|async function|class|let)/gm) ?? [];
  if (values.length !== 1) breach(path, 1, `a transport has one export, not ${values.length}`);
  if (!list.includes(`./schemes/${name}`)) breach(path, 1, "is not in transports/all.ts");
}

/** The pages that show the rooms show them in this order. */
for (const path of ["README.md", "CONTRIBUTING.md", "docs/decisions/0024-rooms.md"]) {
  const text = Deno.readTextFileSync(`${root}/${path}`);
  const line = text.match(/^ {4}(base .* main\.ts)$/m)?.[1]?.split(/ +/);
  const table = text.split("## The map of the code")[1]?.matchAll(/^\| `([\w.]+)\/?` /gm);
  const shown = line ?? Array.from(table ?? [], ([, room]) => room).slice(0, ROOMS.length);
  if (shown.join() !== ROOMS.join()) breach(path, 1, `shows the rooms as ${shown.join(", ")}`);
}

breaches.push(...cycleBreaches(root, product));
breaches.push(...await compatibilityBreaches(root));
breaches.push(...await environmentBreaches(root, product));

for (const line of breaches.sort()) console.error(line);
if (breaches.length > 0) Deno.exit(1);
console.log(`${product.length} files keep the rules`);

function checkImport(path: string, line: number, target: string): void {
  const resolved = resolve(path, target);
  const from = ROOMS.indexOf(room(path)), to = ROOMS.indexOf(room(resolved));
  if (to > from) breach(path, line, `${room(path)} may not import ${resolved}`);
}

/** Resolves an import's target to a path from the root. */
function resolve(path: string, target: string): string {
  return new URL(target, `file:///${path}`).pathname.slice(1);
}

function room(path: string): string {
  return path.split("/")[0]!;
}

function breach(path: string, line: number, what: string): void {
  breaches.push(`${path}:${line}: ${what}`);
}

function* walk(folder: string, prefix = ""): Generator<string> {
  for (const entry of Deno.readDirSync(folder)) {
    if (entry.name.startsWith(".") || entry.name === "dist" || entry.name === "node_modules") {
      continue;
    }
    if (entry.isDirectory) yield* walk(`${folder}/${entry.name}`, `${prefix}${entry.name}/`);
    else yield prefix + entry.name;
  }
}
