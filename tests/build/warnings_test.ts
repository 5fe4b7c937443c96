/** The linter's warnings below a build: buildx's lines, short or explained. */
import assert from "node:assert/strict";
import { withShared } from "../harness/shared.ts";
import { missing } from "../harness/tool.ts";
import { workspace } from "./workspace.ts";

const { ignore, shared } = await withShared(await missing("buildx"));

const colour = new RegExp(`${String.fromCharCode(27)}\\[\\d*m`, "g");

/**
 * Returns the heading and the sorted warnings: the daemon reports them in no fixed order, and
 * buildx sometimes prints the line about the missing output above the steps.
 */
function warnings(stderr: string): string {
  const text = stderr
    // buildx colours them even without a terminal, and its text names docker's flag.
    .replaceAll(colour, "").replace("docker --debug", "--debug");
  assert.match(text, /^WARNING: No output specified/m);
  const heading = text.search(/^ \d+ warnings? found/m);
  assert.notEqual(heading, -1, stderr);
  return text.slice(heading).trimEnd().split(/\n(?= - |\w+:\d+\n)/).map((part) => part.trimEnd())
    .sort().join("\n");
}

Deno.test(
  { name: "warnings of the linter: short, or explained with --debug or DEBUG", ignore },
  async () => {
    await using space = await workspace(shared.address);
    space.write({
      "ctx/Dockerfile": "from scratch as Base\nMAINTAINER me\nFROM scratch\nENV a b\nCOPY f /\n",
      "ctx/f": "",
      "one/Dockerfile": "FROM scratch\nENV a b\n",
    });
    const cases: [args: string[], env?: Record<string, string>][] = [
      [["build", "ctx"]],
      [["build", "one"]],
      [["-D", "build", "one"]],
      [["build", "--debug", "ctx"]],
      [["build", "ctx"], { DEBUG: "1" }],
      [["build", "ctx"], { DEBUG: "0" }],
    ];
    for (const [args, env = {}] of cases) {
      const ours = await space.fairlead(args, env);
      const theirs = await space.buildx(args, env);
      assert.equal(ours.code, 0, ours.stderr);
      assert.equal(
        warnings(ours.stderr),
        warnings(theirs.stderr),
        `${args.join(" ")} ${env.DEBUG}`,
      );
    }
  },
);
