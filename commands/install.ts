import { defineCommand } from "../cli/command.ts";
import { makeLink, ownProgram, pluginLink, whatIsAt } from "../cli/plugin/plugin_links.ts";
import type { Deps } from "../cli/deps.ts";
import { UsageError } from "../base/usage_error.ts";

export const command = defineCommand({
  args: { usage: "[OPTIONS]", min: 0, max: 0 },
  ignoresBuilder: true,
  description:
    "Make fairlead a command of docker: 'docker fairlead build' runs 'fairlead build'.\n\n" +
    "With --buildx, 'docker buildx' and 'docker build' also run fairlead. 'fairlead uninstall'\n" +
    "undoes both. docker's config.json stays unchanged.\n\n" +
    "--self reduces the self-extracting file of a release to its launcher of 64 KiB, which runs the\n" +
    "files that the first start has unpacked.",
  flags: {
    buildx: { kind: "bool", summary: "Also install as buildx" },
    force: {
      kind: "bool",
      summary: "Move an existing plugin of this name aside, until 'uninstall'",
    },
    self: { kind: "bool", summary: "Only reduce fairlead's own file to its launcher" },
  },
  async run({ deps, flags }) {
    const program = ownProgram(deps.env);
    if (flags.self) return await keepLauncher(deps, program, flags);
    const links = ["fairlead", ...flags.buildx ? ["buildx"] : []].map((name) => ({
      name,
      link: pluginLink(deps.env, name),
    }));
    const todo = links.filter(({ link }) => whatIsAt(link.path, program) !== "ours");
    const taken = todo.find(({ link }) => whatIsAt(link.path, program) === "another");
    if (taken !== undefined && !flags.force) {
      throw new UsageError(
        `${taken.link.path} is another plugin`,
        "add --force to move it aside; 'fairlead uninstall' puts it back",
      );
    }
    for (const { link } of todo) makeLink(link, program);
    for (const { name, link } of links) {
      deps.stdout.write(`docker ${name}: ${link.path} -> ${program}\n`);
    }
  },
});

async function keepLauncher(
  { env, stdout }: Deps,
  program: string,
  { buildx, force }: { readonly buildx?: boolean; readonly force?: boolean },
): Promise<void> {
  if (buildx || force) {
    throw new UsageError("--self can't be combined with --buildx or --force", "run both commands");
  }
  if (Deno.uid() === 0 && !env("FAIRLEAD_CACHE")) {
    throw new UsageError(
      "the unpacked files belong to root, so other users could not start the launcher",
      "set FAIRLEAD_CACHE to a folder that all users can read",
    );
  }
  const { reduceToLauncher } = await import("./install/launcher.ts");
  const unpacked = Deno.execPath().replace(/\/[^/]*$/, "");
  const { before, after } = reduceToLauncher(program, unpacked);
  const size = (bytes: number) => `${Math.round(bytes / 1024)} KiB`;
  const change = before > after ? `${size(after)} instead of ${size(before)}` : size(after);
  stdout.write(`${program}: ${change}; it runs what is in ${unpacked}\n`);
  stdout.write("If that folder is deleted, install fairlead again.\n");
}
