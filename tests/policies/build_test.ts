/** Builds under policies, compared with buildx's: the same decisions, messages and errors. */
import assert from "node:assert/strict";
import { ignore, world } from "../operate/images.ts";
import type { Workspace } from "../build/workspace.ts";
import { engineModule } from "./engine_module.ts";
import { verdictOf } from "./verdict.ts";
import { fails } from "../harness/ended.ts";

const env = ignore ? {} : { FAIRLEAD_POLICY_ENGINE: await engineModule() };

/** Builds with both programs, and compares; returns our result. */
async function same(space: Workspace, args: readonly string[], what = args.join(" ")) {
  const typed = ["build", "--progress", "plain", "-o", "type=cacheonly", ...args];
  const peer = await space.buildx(typed);
  const ours = verdictOf(await space.fairlead(typed, env));
  assert.deepEqual(ours, verdictOf(peer), what);
  return ours;
}

const rego = (...rules: string[]) =>
  ["package docker", ...rules, 'decision := {"allow": allow, "deny_msg": deny_msg}'].join("\n\n");

Deno.test({ name: "a build obeys the policies that buildx finds", ignore }, async (t) => {
  const w = await world();
  await using space = w.space;
  const allow = rego("default allow := true", "deny_msg := []");
  const deny = rego("default allow := false", 'deny_msg := ["denied by test", "second"]');
  space.write({
    "plain/Dockerfile": `FROM ${w.several}\nCOPY Dockerfile /d\n`,
    "ruled/Dockerfile": "FROM scratch\nCOPY Dockerfile /d\n",
    "ruled/Dockerfile.rego": deny,
    "ruled/sub/x.Dockerfile": "FROM scratch\nLABEL a=b\n",
    "ruled/sub/x.Dockerfile.rego": allow,
    "plain/allow.rego": allow,
    "plain/deny.rego": deny,
    "plain/pin.rego": rego(
      "default allow := true",
      `pinned if pin_image(input.image, "sha256:${"0".repeat(64)}")`,
      "allow if pinned",
      "deny_msg := []",
    ),
    "plain/labels.rego": rego(
      "default allow := false",
      "allow if input.local",
      'allow if input.image.labels.a == "x<y>&z"',
      'deny_msg contains "label" if not allow',
    ),
    "plain/env.rego": rego(
      "default allow := false",
      'allow if { input.env.args.A == "1"; input.env.labels.l == "2"; input.env.target == "t" }',
      'deny_msg contains "env" if not allow',
    ).replace("package docker", 'package docker\n\nprinted if print("seen", input.env.filename)'),
    "plain/import.rego": rego(
      "import data.lib.names",
      "allow if names.all",
      "deny_msg := []",
    ),
    "plain/lib/names.rego": "package anything\n\nall := true\n",
    "plain/broken.rego": "package docker\n\nallow if\n",
    "plain/forbidden.rego": rego("allow if http.send({})", "deny_msg := []"),
    "plain/nothing.rego": "package docker\n",
    "plain/text.rego": 'package docker\n\ndecision := {"allow": "yes"}\n',
    "here.rego": deny,
  });
  Deno.symlinkSync("../here.rego", space.path("plain/out.rego"));
  const cases: [name: string, args: string[], code: number][] = [
    ["beside the Dockerfile", ["ruled"], 1],
    ["beside another Dockerfile", ["-f", "ruled/sub/x.Dockerfile", "ruled"], 0],
    ["named", ["--policy", "filename=deny.rego", "plain"], 1],
    ["several, of which one denies", [
      ...["--policy", "filename=allow.rego", "--policy", "filename=deny.rego", "plain"],
    ], 1],
    ["several that allow", [
      ...["--policy", "filename=allow.rego", "--policy", "filename=labels.rego", "plain"],
    ], 0],
    ["of the current folder", ["--policy", "filename=cwd://here.rego", "plain"], 1],
    ["labels of the image", ["--policy", "filename=labels.rego", "plain"], 0],
    ["what env says", [
      ...["--policy", "filename=env.rego", "--build-arg", "A=1", "--label", "l=2", "plain"],
    ], 1],
    ["an import", ["--policy", "filename=import.rego", "plain"], 0],
    ["a pin to a digest that isn't there", ["--policy", "filename=pin.rego", "plain"], 1],
    ["reset", ["--policy", "reset=true", "ruled"], 0],
    ["disabled", ["--policy", "disabled=true", "ruled"], 0],
    ["quiet", ["--policy", "filename=labels.rego,log-level=warn", "plain"], 0],
    ["missing", ["--policy", "filename=none.rego", "plain"], 1],
    ["a link that leads out", ["--policy", "filename=out.rego", "plain"], 1],
    ["a folder", ["--policy", "filename=lib", "plain"], 1],
    ["outside", ["--policy", "filename=../here.rego", "plain"], 1],
    ["that does not parse", ["--policy", "filename=broken.rego", "plain"], 1],
    ["with a forbidden function", ["--policy", "filename=forbidden.rego", "plain"], 1],
    ["without a decision", ["--policy", "filename=nothing.rego", "plain"], 1],
    ["whose verdict is a text", ["--policy", "filename=text.rego", "plain"], 1],
  ];
  for (const [name, args, code] of cases) {
    await t.step(name, async () => {
      assert.equal((await same(space, args)).code, code);
    });
  }
  await t.step("questions about a Dockerfile are under its policy, too", async () => {
    const { stderr } = await fails(space.fairlead(["build", "--check", "ruled"], env));
    assert.match(stderr, /^Policy: denied by test$/m);
  });
});
