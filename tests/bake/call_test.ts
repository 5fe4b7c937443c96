/** `--call` and `--check` of several targets, compared with buildx. */
import { equal } from "node:assert/strict";
import { alike, workspace } from "../build/workspace.ts";
import { withShared } from "../harness/shared.ts";
import { missing } from "../harness/tool.ts";
import { fails } from "../harness/ended.ts";

const { ignore, shared } = await withShared(await missing("buildx"));

const definition = {
  group: { default: { targets: ["good", "bad"] } },
  target: {
    good: { description: "Has nothing wrong", dockerfile: "Good", args: { A: "b" } },
    bad: { "dockerfile-inline": "from scratch\nARG  X=1\nCOPY f /\nENV a b\n" },
    broken: { "dockerfile-inline": "FROM scratch\nNOPE\n" },
    asked: { dockerfile: "Good", call: "targets" },
  },
};

/**
 * The definition by which the daemon read the Dockerfile is left out, because it has the session's
 * id.
 */
function withoutRun(text: string): string {
  if (!text.startsWith("{")) return text;
  const plain = (key: string, value: unknown) => key === "definition" ? undefined : value;
  return JSON.stringify(JSON.parse(text, plain), undefined, 2);
}

Deno.test({
  name: "bake --check and --call print buildx's answers and end with its exit code",
  ignore,
}, async () => {
  await using space = await workspace(shared.address);
  space.write({
    "docker-bake.json": JSON.stringify(definition),
    Good: "# a stage\nFROM scratch AS first\nARG A=x\nFROM first AS last\n",
    f: "",
  });
  const runs = [
    ["--check"],
    ["--check", "good"],
    ["--check", "bad", "broken"],
    ["--call", "check,ignorestatus=true"],
    ["--call", "outline"],
    ["--call", "targets", "good"],
    ["--call", "check,format=json"],
    ["--call", "outline,format=json", "good"],
    ["asked", "good"],
  ];
  for (const words of runs) {
    const ours = await space.fairlead(["bake", ...words]);
    const theirs = await space.buildx(["bake", ...words]);
    equal(withoutRun(ours.stdout), withoutRun(theirs.stdout), words.join(" ") + ours.stderr);
    equal(ours.code, theirs.code, words.join(" "));
  }
  await alike(async (program) => {
    await fails(space[program](["bake", "--check", "--metadata-file", "meta"]));
    return JSON.parse(withoutRun(space.read("meta")));
  });
});
