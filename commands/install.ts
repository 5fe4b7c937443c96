import { defineCommand } from "../cli/command.ts";
import { makeLink, ownProgram, pluginLink, whatIsAt } from "../cli/plugin/plugin_links.ts";
import { UsageError } from "../base/usage_error.ts";

export const command = defineCommand({
  args: { usage: "[OPTIONS]", min: 0, max: 0 },
  ignoresBuilder: true,
  description:
    "Make fairlead a command of docker: 'docker fairlead build' runs 'fairlead build'.\n\n" +
    "With --buildx, 'docker buildx' and 'docker build' also run fairlead. 'fairlead uninstall'\n" +
    "undoes both. Nothing is written to docker's config.json.",
  flags: {
    buildx: { kind: "bool", summary: "Also install as buildx" },
    force: {
      kind: "bool",
      summary: "Move an existing plugin of this name aside, until 'uninstall'",
    },
  },
  run({ deps, flags }) {
    const program = ownProgram(deps.env);
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
    return Promise.resolve();
  },
});
