// deno-lint-ignore-file no-console
/**
 * Makes proto/gen/*.ts from proto/src/*.proto. `--check` fails when a committed file differs.
 *
 * buf compiles the .proto files (its platform binary comes as an npm package), ts-proto writes the
 * types, and `generate/tables.ts` what the codecs go by (`proto/message.ts`). 64-bit integers are
 * bigint: times in nanoseconds don't fit a double.
 */
import { type FileDescriptor, type Tables, tablesOf } from "./generate/tables.ts";

const root = new URL("..", import.meta.url).pathname;
const npm = ["run", "-A", "--quiet", "--no-lock"];
const check = Deno.args.includes("--check");
const out = await Deno.makeTempDir({ prefix: "fairlead-generate-" });
const image = await Deno.makeTempDir({ prefix: "fairlead-generate-" });

const options = [
  "env=browser",
  "esModuleInterop=true",
  "importSuffix=.ts",
  "forceLong=bigint",
  "useDate=false",
  "outputJsonMethods=false",
  "outputPartialMethods=true",
  "outputServices=generic-definitions",
  "outputIndex=false",
  "useOptionals=none",
  "oneof=unions",
  "unrecognizedEnum=false",
  "useMapType=false",
  "exportCommonSymbols=false",
  "fileSuffix=",
];

/** An interface with the comment above it. */
const INTERFACE =
  /(?:^\/\*\*(?:(?!\*\/)[^])*?\*\/\n)?^export interface (\w+) \{(?:\n(?:.*\n)*?|)\}\n/gm;

const ENUM = /(?:^\/\*\*(?:(?!\*\/)[^])*?\*\/\n)?^export enum (\w+) \{\n(?:.*\n)*?\}\n/gm;
const SERVICE = /^export type \w+Definition = (?:.*\n)*?\} as const;\n/gm;

try {
  const plugin = {
    version: "v2",
    inputs: [{ directory: `${root}proto/src` }],
    plugins: [{
      local: [Deno.execPath(), ...npm, "npm:ts-proto@2.18.0/protoc-gen-ts_proto"],
      out,
      opt: options,
      include_imports: true,
    }],
  };
  await buf("generate", "--template", JSON.stringify(plugin));
  await buf("build", "proto/src", "-o", `${image}/descriptors.json`);
  const { file }: { file: FileDescriptor[] } = JSON.parse(
    Deno.readTextFileSync(`${image}/descriptors.json`),
  );
  const tables = tablesOf(file);
  const made = files(out).flatMap((name) =>
    split(name, Deno.readTextFileSync(`${out}/${name}`), tables.get(name.replace(/\.ts$/, ""))!)
  );
  const have = new Set(exists(`${root}proto/gen`) ? files(`${root}proto/gen`) : []);
  let stale = false;
  for (const [name, text] of made) {
    const path = `${root}proto/gen/${name}`;
    const current = have.delete(name) ? Deno.readTextFileSync(path) : undefined;
    if (current === text) continue;
    stale = true;
    if (check) {
      console.error(`proto/gen/${name} is not what proto/src makes: run deno task generate`);
    } else {
      Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
      Deno.writeTextFileSync(path, text);
    }
  }
  for (const name of have) {
    stale = true;
    if (check) console.error(`proto/gen/${name} comes from no proto/src file: delete it`);
    else Deno.removeSync(`${root}proto/gen/${name}`);
  }
  if (check && stale) Deno.exitCode = 1;
} finally {
  Deno.removeSync(out, { recursive: true });
  Deno.removeSync(image, { recursive: true });
}

async function buf(...args: string[]): Promise<void> {
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: [...npm, "npm:@bufbuild/buf@1.73.0", ...args],
    cwd: root,
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn().status;
  if (!success) throw new Error("buf failed");
}

/** The files below a folder, as relative paths. */
function files(folder: string, prefix = ""): string[] {
  return [...Deno.readDirSync(folder)].flatMap((entry) =>
    entry.isDirectory
      ? files(`${folder}/${entry.name}`, `${prefix}${entry.name}/`)
      : [`${prefix}${entry.name}`]
  ).sort();
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

/**
 * A file of codecs, and one of the messages' types alone: that one is the library's, whose public
 * types may not lead to what isn't public (`deno doc --lint`).
 */
function split(name: string, text: string, tables: Tables): [name: string, text: string][] {
  const types = [...text.matchAll(INTERFACE)].filter(([, message]) =>
    // What maps are made of on the wire is nobody's type.
    tables.names.includes(message!)
  ).map(([whole]) => whole);
  const enums = [...text.matchAll(ENUM)];
  const services = [...text.matchAll(SERVICE)].map(([whole]) => whole);
  const own = name.slice(name.lastIndexOf("/") + 1);
  const imports = [...text.matchAll(/^import \{ (.*) \} from "(\..*)\.ts";$/gm)]
    .map(([, names, from]) => `import type { ${names} } from "${from}_types.ts";`);
  if (enums.length > 0) {
    imports.push(`import type { ${enums.map(([, name]) => name).join(", ")} } from "./${own}";`);
  }
  const codecs = [
    types.length > 0 ? `import type * as types from "./${own.replace(/\.ts$/, "_types.ts")}";` : "",
    tables.text.replace(
      "\n\n",
      `\n\n${tables.names.map((name) => `export type ${name} = types.${name};\n`).join("")}\n`,
    ),
    ...enums.map(([whole]) => whole),
    ...services,
  ];
  const made: [string, string][] = [[name, tidy(codecs.join("\n"))]];
  if (types.length === 0) return made;
  const typesText = `${imports.join("\n")}\n\n${types.join("\n")}`;
  return [...made, [name.replace(/\.ts$/, "_types.ts"), tidy(typesText)]];
}

/** Marks a file as generated for linters and people, without tool versions that churn. */
function tidy(text: string): string {
  const body = text.trimStart().replace(/\n{3,}/g, "\n\n");
  return `// Generated by scripts/generate.ts from proto/src: don't edit.\n\n${body}`;
}
