// deno-lint-ignore-file no-console
/**
 * The rules that keep the tree simple, held by a script instead of a reviewer's memory. Prints each
 * breach as `file:line: what`, and fails when there is one.
 */
import { compatibilityBreaches } from "./compatibility.ts";
import { environmentBreaches } from "./environment.ts";

const root = new URL("..", import.meta.url).pathname.replace(/\/$/, "");

/** What each room may import from; a room is its longest prefix here. */
const MAY_IMPORT: Record<string, string[]> = {
  "main.ts": ["commands", "transports"],
  "commands": ["bake", "builders", "buildkit", "transports", "proto", "version.ts"],
  "builders": ["transports", "buildkit", "proto"],
  "bake": ["commands/go", "commands/text/excerpt.ts", "commands/text/paths.ts"],
  "buildkit": [
    "transports",
    "proto",
    "buildkit/http2",
    "buildkit/grpc",
    "buildkit/session",
    "buildkit/fsync",
    "buildkit/registry",
  ],
  "buildkit/registry": ["transports/timer.ts", "buildkit/grpc/status.ts", "buildkit/session"],
  "buildkit/http2": ["transports/byte_stream.ts", "transports/timer.ts"],
  "buildkit/grpc": ["buildkit/http2", "proto", "transports/timer.ts"],
  "buildkit/session": [
    "buildkit/identity.ts",
    "transports/byte_stream.ts",
    "transports/timer.ts",
    "transports/_roots.ts",
    "buildkit/grpc",
    "buildkit/fsync",
    "buildkit/http2",
    "proto",
  ],
  "buildkit/fsync": ["proto"],
  "transports": ["buildkit/tls.ts", "buildkit/own_tls.ts"],
  "proto": [],
};
/** Lines after which a file needs a second look, and after which it is refused. */
const LONGEST = 400;

/** Files that are only loaded where they are used, and so may import node: modules. */
const LAZY =
  /^(?:bake\/hcl\/functions\/(?:digests|ciphers)|buildkit\/tls\w*|commands\/certs\/(?:judge|certificate_file)|transports\/(?:ssh\/\w+|_duplex_stream|_pipe))\.ts$/;

/** Where ambient things are read, to be handed on. */
const AMBIENT = new Set([
  "main.ts",
  "commands/program/deps.ts",
  "commands/program/terminal.ts",
  "buildkit/library.ts",
]);

const breaches: string[] = [];
const files = [...walk(root)].filter((path) => path.endsWith(".ts"));
const product = files.filter((path) =>
  !path.startsWith("tests/") && !path.startsWith("scripts/") && !path.startsWith("examples/") &&
  !path.startsWith("proto/gen/") && !path.endsWith("_test.ts")
);

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

/** Each transport is one file with one export, joined by one line in all.ts. */
const list = Deno.readTextFileSync(`${root}/transports/all.ts`);
const helpers =
  /^(?:_.*|all|byte_stream|endpoint|errors|external|nearest|registry|timer|transport)\.ts$/;
for (const { name } of Deno.readDirSync(`${root}/transports`)) {
  if (!name.endsWith(".ts") || name.endsWith("_test.ts") || helpers.test(name)) continue;
  const text = Deno.readTextFileSync(`${root}/transports/${name}`);
  const values = text.match(/^export (?:const|function|async function|class|let)/gm) ?? [];
  if (values.length !== 1) {
    breach(`transports/${name}`, 1, `a transport has one export, not ${values.length}`);
  }
  if (!list.includes(`./${name}`)) breach(`transports/${name}`, 1, "is not in transports/all.ts");
}

breaches.push(...await compatibilityBreaches(root));
breaches.push(...await environmentBreaches(root, product));

for (const line of breaches.sort()) console.error(line);
if (breaches.length > 0) Deno.exit(1);
console.log(`${product.length} files keep the rules`);

function checkImport(path: string, line: number, target: string): void {
  const resolved = resolve(path, target);
  const from = room(path), to = room(resolved);
  if (from === undefined || from === to) return;
  const allowed = MAY_IMPORT[from]!.some((prefix) =>
    resolved === prefix || resolved.startsWith(`${prefix}/`)
  );
  if (!allowed) breach(path, line, `${from} may not import ${resolved}`);
}

/** An import's target as a path from the root. */
function resolve(path: string, target: string): string {
  return new URL(target, `file:///${path}`).pathname.slice(1);
}

function room(path: string): string | undefined {
  return Object.keys(MAY_IMPORT).filter((name) => path === name || path.startsWith(`${name}/`))
    .sort((a, b) => b.length - a.length)[0];
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
