// deno-lint-ignore-file no-console
/**
 * Makes the program one file: `deno task compile [--target=T,…] [--self-extracting | --js]
 * [--output=FILE]`. docs/install.md says what each is for.
 */
import { isFolder } from "../base/stat.ts";
import { version } from "../version.ts";
import { denoCompile } from "./compile/deno_compile.ts";
import { mergeLicences } from "./compile/licences.ts";
import { findLibc } from "./compile/libc.ts";
import { fetchDeno } from "./compile/npm_deno.ts";
import { commitOf } from "./compile/commit.ts";
import { shipModules } from "./policy/engine.ts";
import { findTarget, ownTarget, type Target, targets } from "./compile/targets.ts";

const root = new URL("..", import.meta.url).pathname;
const work = await Deno.makeTempDir({ prefix: "fairlead-compile-" });
const dist = `${work}/dist`;
try {
  await compile(parse(Deno.args));
} catch (error) {
  console.error(`compile: ${error instanceof Error ? error.message : error}`);
  Deno.exitCode = 1;
} finally {
  await Deno.remove(work, { recursive: true });
}

type Form = "deno compile" | "self-extracting" | "js";

interface Choice {
  readonly form: Form;
  readonly chosen: readonly Target[];
  readonly output: string | undefined;
}

function parse(args: readonly string[]): Choice {
  const names: string[] = [];
  let output: string | undefined;
  let form: Form = "deno compile";
  for (let at = 0; at < args.length; at++) {
    const [flag, value] = args[at]!.split(/=(.*)/s) as [string, string?];
    const given = () => {
      const text = value ?? args[++at];
      if (!text) throw new Error(`${flag} needs a value`);
      return text;
    };
    if (flag === "--target") names.push(...given().split(","));
    else if (flag === "--output") output = given();
    else if (flag === "--self-extracting") form = "self-extracting";
    else if (flag === "--js") form = "js";
    else throw new Error(`unknown argument ${JSON.stringify(args[at])}`);
  }
  if (form === "js" && names.length > 0) throw new Error("--js is one file for all targets");
  const suitable = targets.filter(({ uname }) => form !== "self-extracting" || uname !== undefined);
  const chosen = names.includes("all")
    ? suitable
    : names.length === 0
    ? [ownTarget()]
    : names.map(findTarget);
  if (output !== undefined && chosen.length > 1) throw new Error("--output is for one target only");
  return { form, chosen, output };
}

async function compile({ form, chosen, output }: Choice): Promise<void> {
  const revision = await commitOf(root);
  // The bundler takes a second to load: wrong arguments don't wait for it.
  const { bundleFile, bundleFolder } = await import("./bundle/program.ts");
  if (form === "js") {
    const path = await place(output ?? "fairlead.js", output !== undefined);
    await bundleFile(path, revision);
    const folder = path.slice(0, path.lastIndexOf("/")) || "/";
    await shipModules(folder);
    await mergeLicences(folder);
    return console.log(path);
  }
  await bundleFolder(dist, revision);
  await shipModules(dist);
  await mergeLicences(dist);
  for (const target of chosen) {
    const path = await place(output ?? fileName(form, target), output !== undefined);
    if (form === "self-extracting") await extracting(target, path, revision);
    else await denoCompile({ target, dist, output: path });
    console.log(path);
  }
}

/** The file's name in a release: with both forms, the self-extracting one has the plain name. */
function fileName(form: Form, { name, uname }: Target): string {
  if (form === "self-extracting") return `fairlead-${name}`;
  return uname === undefined ? `fairlead-${name}.exe` : `fairlead-compiled-${name}`;
}

/** The path of the output: the named one, relative to the user's folder; by default in out/. */
async function place(name: string, isNamed: boolean): Promise<string> {
  const path = !isNamed
    ? `${root}out/${name}`
    : name.startsWith("/")
    ? name
    : `${Deno.env.get("INIT_CWD") ?? Deno.cwd()}/${name}`;
  if (isFolder(path)) {
    throw new Error(`--output names a file, and ${path} is a folder`);
  }
  await Deno.mkdir(path.slice(0, path.lastIndexOf("/")) || "/", { recursive: true });
  return path;
}

async function extracting(target: Target, output: string, revision: string): Promise<void> {
  const own = target.triple === Deno.build.target;
  const denoVersion = Deno.version.deno;
  const deno = own ? Deno.execPath() : await fetchDeno(target, denoVersion, work);
  const libc = target.libc && await findLibc(target, work);
  const shown = `${version.number} ${revision}`.trim();
  const contents = { target, version: shown, dist, deno, denoVersion, output };
  const { selfExtracting } = await import("./compile/self_extracting.ts");
  await selfExtracting({ ...contents, ...libc && { libc } });
}
