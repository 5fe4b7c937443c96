/** One sample run by the peer and by ours, to what each shows. */
import { cleanPath } from "../../base/paths.ts";
import type { BakeError } from "../../bake/error.ts";
import { UsageError } from "../../base/usage_error.ts";
import { listJson, parseList } from "../../bake/definition/list.ts";
import { printTargets } from "../../bake/definition/print.ts";
import { readDefinition } from "../../bake/definition/read.ts";
import { resolveTargets } from "../../bake/definition/resolve.ts";
import { isRemote } from "../../builds/spec/remote.ts";
import type { Sample } from "./sample.ts";
import { removeFolder } from "../harness/remove_folder.ts";

const builtins = new Map([
  ["BAKE_CMD_CONTEXT", "cwd://"],
  ["BAKE_LOCAL_PLATFORM", `linux/${Deno.build.arch === "x86_64" ? "amd64" : "arm64"}`],
]);

/** The environment that both run in, without what the machine's owner has set. */
const HOME = "/home/tester";

/** What `buildx bake --print` (or `--list`) puts out: the JSON, or the error with its excerpt. */
export async function runPeer(buildx: string, { env, args, files }: Sample): Promise<string> {
  const folder = await Deno.makeTempDir();
  try {
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
  } finally {
    await removeFolder(folder);
  }
}

/** Without the progress, and without the count of what only follows from the first error. */
function errorText(stderr: string): string {
  const lines = stderr.split("\n").filter((line) => !/^#\d/.test(line));
  return lines.join("\n").trim().replace(/, and \d+ other diagnostic\(s\)$/, "");
}

/** What ours puts out for the same. */
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
    const definition = await readDefinition(
      files.map(({ name, text }) => ({ name, data: new TextEncoder().encode(text) })),
      {
        lookup: (name) => vars.get(name) ?? environment(name),
        builtins,
        isRemote,
        home: () => HOME,
        compose: {
          refuse: () => Promise.resolve("not compose"),
          read: () => Promise.reject(new Error("no sample is a compose file")),
        },
      },
    );
    if (list !== undefined) return listJson(definition, parseList(list).type);
    const resolved = resolveTargets(definition, { names, overrides, env: environment });
    for (const target of resolved.targets.values()) {
      // The command does it when it looks where the inputs are.
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
