/** Runs one sample with the peer or with ours, and gives its output in one form. */
import { cleanPath } from "../../base/paths.ts";
import type { BakeError } from "../../bake/error.ts";
import { UsageError } from "../../base/usage_error.ts";
import { listJson, parseList } from "../../bake/definition/list.ts";
import { printTargets } from "../../bake/definition/print.ts";
import { resolveTargets } from "../../bake/definition/resolve.ts";
import { isRemote } from "../../builds/spec/remote.ts";
import { run as runInside } from "../commands/fake_deps.ts";
import { type Ran, run } from "../harness/run.ts";
import type { Sample } from "./golden.ts";
import { HOME, readHcl } from "./read_hcl.ts";
import { removedLater } from "../harness/remove_folder.ts";

const builtins = new Map([
  ["BAKE_CMD_CONTEXT", "cwd://"],
  ["BAKE_LOCAL_PLATFORM", `linux/${Deno.build.arch === "x86_64" ? "amd64" : "arm64"}`],
]);

/** The output of `buildx bake --print` (or `--list`): the JSON, or the error with its excerpt. */
export async function runPeer(buildx: string, { env, args, files }: Sample): Promise<string> {
  const folder = await Deno.makeTempDir();
  await using _ = removedLater(folder);
  for (const { name, text } of files) await Deno.writeTextFile(`${folder}/${name}`, text);
  const named = files.flatMap(({ name }) => ["-f", name]);
  const listing = args.includes("--list");
  const { success, stdout, stderr } = await new Deno.Command(buildx, {
    args: ["bake", ...named, ...listing ? [] : ["--print"], ...args],
    cwd: folder,
    clearEnv: true,
    env: { HOME, BUILDX_CONFIG: folder, ...Object.fromEntries(env) },
  }).output();
  const decoder = new TextDecoder();
  return success ? decoder.decode(stdout) : errorText(decoder.decode(stderr));
}

/** An error without the progress, and without the number of errors that follow from it. */
function errorText(stderr: string): string {
  const lines = stderr.split("\n").filter((line) => !/^#\d/.test(line));
  return lines.join("\n").trim().replace(/, and \d+ other diagnostic\(s\)$/, "");
}

/** The same output of fairlead. */
export async function runOurs({ env, args, files }: Sample): Promise<string> {
  const vars = new Map<string, string>();
  const overrides: string[] = [], names: string[] = [];
  let list: string | undefined;
  for (const words = [...args]; words.length > 0;) {
    const word = words.shift()!;
    if (word === "--list") list = words.shift()!;
    else if (word === "--set") overrides.push(words.shift()!);
    else if (word === "--var") {
      const [name, value] = words.shift()!.split(/=(.*)/s);
      vars.set(name!, value!);
    } else names.push(word);
  }
  const environment = (name: string) => name === "HOME" ? HOME : env.get(name);
  try {
    const lookup = (name: string) => vars.get(name) ?? environment(name);
    const definition = await readHcl(files, { lookup, builtins, isRemote });
    if (list !== undefined) return listJson(definition, parseList(list).type);
    const resolved = resolveTargets(definition, { names, overrides, env: environment });
    for (const target of resolved.targets.values()) {
      // The command does this when it looks for the inputs.
      if (!/^cwd:/.test(target.context!) && !isRemote(target.context!)) {
        target.context = cleanPath(target.context!);
      }
    }
    return printTargets(resolved);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return [...(error as BakeError).above ?? [], `ERROR: ${error.message}`].join("\n").trim();
  }
}

/**
 * The output of `bake --print` with the compose files `c.yaml`, `c0.yaml` and on: what is printed,
 * or the error, and the warnings. The other files of the sample are read by those.
 * @param buildx the peer's program; undefined for ours, which runs in this process
 */
export async function runCompose(buildx: string | undefined, { files }: Sample): Promise<string> {
  const cwd = await Deno.makeTempDir({ prefix: "fairlead-compose-" });
  await using _ = removedLater(cwd);
  for (const { name, text } of files) {
    await Deno.mkdir(`${cwd}/${name}`.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.writeTextFile(`${cwd}/${name}`, text);
  }
  const names = files.map(({ name }) => name).filter((name) => /^c\d?\.yaml$/.test(name)).sort();
  const words = ["bake", "--print", ...names.flatMap((name) => ["-f", name])];
  const env = { HOME, PATH: "/usr/bin:/bin", BUILDX_CONFIG: "/nonexistent" };
  const ran = buildx === undefined
    ? await runInside(words, { cwd, env })
    : await run(buildx, words, { cwd, env });
  const text = ran.code === 0 ? ran.stdout : `ERROR: ${composeError(ran)}\n`;
  // The peer reads files twice, and warns twice.
  const warnings = [...new Set(ran.stderr.match(/^WARNING: .*$/gm) ?? [])].sort();
  return [...warnings, text].join("\n").trimEnd().replaceAll(cwd, "FOLDER");
}

/** The error without our hint; empty without one. */
export function composeError({ stderr }: Pick<Ran, "stderr">): string {
  const text = stderr.match(/^(?:hint: .*\n)?ERROR: (.*)$/ms)?.[1]?.replace(/\nhint: .*\n$/, "")
    .trim() ?? "";
  const circle = text.match(/^Circular reference:\n(.*)$/s)?.[1];
  if (circle === undefined) return text;
  // Where the peer enters a circle depends on the order of a Go map, which differs in each run.
  const services = circle.split("\n").map((line) => line.replace(/^\s*(?:extends )?/, ""));
  return `Circular reference of ${[...new Set(services.map((name) => name.trim()))].sort()}`;
}
