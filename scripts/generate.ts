// deno-lint-ignore-file no-console
/**
 * Makes proto/gen/*.ts from proto/src/*.proto. `--check` fails when a committed file differs.
 *
 * buf compiles the .proto files (its platform binary comes as an npm package), and ts-proto writes
 * types and codecs. 64-bit integers are bigint: times in nanoseconds don't fit a double.
 *
 * The messages that the library's users see get a second file, NAME_types.ts, without codecs:
 * `deno doc --lint` refuses a public type that leads to a private one, such as ts-proto's codecs.
 */
const root = new URL("..", import.meta.url).pathname;
const npm = ["run", "-A", "--quiet", "--no-lock"];

const types = [
  "annotateFilesWithVersion=false",
  "env=browser",
  "esModuleInterop=true",
  "importSuffix=.ts",
  "forceLong=bigint",
  "useDate=false",
  "outputIndex=false",
  "useOptionals=none",
  "oneof=unions",
  "unrecognizedEnum=false",
  "useMapType=false",
  "exportCommonSymbols=false",
];

const codecs = [
  ...types,
  "fileSuffix=",
  "outputJsonMethods=false",
  "outputPartialMethods=false",
  "outputServices=generic-definitions",
  "useExactTypes=false",
];

const typesAlone = [...types, "fileSuffix=_types", "onlyTypes=true", "outputServices=none"];

/** The files whose messages the library's users see, besides those that these import. */
const PUBLIC = [
  "proto/src/control.proto",
  "proto/src/gateway.proto",
  "proto/src/gateway_containers.proto",
];

const check = Deno.args.includes("--check");
const made = await Deno.makeTempDir({ prefix: "fairlead-generate-" });
try {
  await generate(made, codecs);
  await generate(made, typesAlone, PUBLIC);
  shareTypes(made);
  const stale = differences(made, `${root}proto/gen`);
  if (check) {
    for (const name of stale) {
      console.error(`proto/gen/${name} is not what proto/src makes: run deno task generate`);
    }
    if (stale.length > 0) Deno.exitCode = 1;
  } else if (stale.length > 0) {
    Deno.removeSync(`${root}proto/gen`, { recursive: true });
    copy(made, `${root}proto/gen`);
  }
} finally {
  Deno.removeSync(made, { recursive: true });
}

/** Writes the code of all files, or of some, into a folder. */
async function generate(
  out: string,
  opt: readonly string[],
  paths: readonly string[] = [],
): Promise<void> {
  const template = {
    version: "v2",
    inputs: [{ directory: "proto/src", paths }],
    plugins: [{
      local: [Deno.execPath(), ...npm, "npm:ts-proto@2.18.0/protoc-gen-ts_proto"],
      out,
      opt,
      include_imports: true,
    }],
  };
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: [...npm, "npm:@bufbuild/buf@1.73.0", "generate", "--template", JSON.stringify(template)],
    cwd: root,
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn().status;
  if (!success) throw new Error("buf failed");
}

/** In each NAME.ts that has a NAME_types.ts, refers to the interfaces there. */
function shareTypes(folder: string): void {
  for (const types of filesOf(folder).keys()) {
    if (!types.endsWith("_types.ts")) continue;
    const path = `${folder}/${types.replace("_types.ts", ".ts")}`;
    const file = types.slice(types.lastIndexOf("/") + 1);
    const text = Deno.readTextFileSync(path)
      .replace(/^import /m, `import type * as types from "./${file}";\nimport `)
      .replace(
        /(?:\/\*\*(?:(?!\*\/)[^])*\*\/\n)?export interface (\w+) \{\n(?:(?!\}).*\n)*\}\n\n/g,
        "export type $1 = types.$1;\n",
      );
    Deno.writeTextFileSync(path, text);
  }
}

/** The names of the files that only one folder has, or that differ. */
function differences(made: string, committed: string): string[] {
  const [fresh, old] = [filesOf(made), filesOf(committed)];
  return [...new Set([...fresh.keys(), ...old.keys()])].filter((name) =>
    fresh.get(name) !== old.get(name)
  );
}

/** The text of each file below a folder, by its relative path. */
function filesOf(folder: string, prefix = ""): Map<string, string> {
  return new Map(
    [...Deno.readDirSync(folder)].flatMap((entry) =>
      entry.isDirectory
        ? [...filesOf(`${folder}/${entry.name}`, `${prefix}${entry.name}/`)]
        : [[`${prefix}${entry.name}`, Deno.readTextFileSync(`${folder}/${entry.name}`)]]
    ),
  );
}

function copy(from: string, to: string): void {
  for (const [name, text] of filesOf(from)) {
    const path = `${to}/${name}`;
    Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    Deno.writeTextFileSync(path, text);
  }
}
