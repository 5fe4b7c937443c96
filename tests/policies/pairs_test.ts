// deno-lint-ignore-file no-console
/**
 * Random pairs of a policy and a build, run by both programs on one daemon: the same decisions,
 * inputs, requests for metadata, messages and errors. `FAIRLEAD_TEST_SEED` and
 * `FAIRLEAD_TEST_ROUNDS` choose others, and more of them.
 */
import assert from "node:assert/strict";
import { ignore as unable } from "../operate/images.ts";
import { missingGit } from "../harness/git.ts";
import { skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";
import type { Workspace } from "../build/workspace.ts";
import { engineModule } from "./engine_module.ts";
import { pairSources } from "./pair_sources.ts";
import { type RandomBuild, randomBuild } from "./random_builds.ts";
import { agrees, panicsOnEvery, type Verdict, verdictOf } from "./verdict.ts";
import { seeded } from "../harness/random.ts";

const ignore = unable || skip(await missingGit() ?? await missing("gpg", "ssh-keygen"));
const test = (name: string, fn: Deno.TestDefinition["fn"]) => Deno.test({ name, ignore, fn });
const engine = ignore ? {} : { FAIRLEAD_POLICY_ENGINE: await engineModule() };

/** Runs both programs. Logs depend on the daemon's order, so a difference is tried again. */
async function same(space: Workspace, pair: RandomBuild, what: string): Promise<Verdict> {
  const { fairlead, buildx } = space.below("pair");
  const output = pair.args[0] === "build" && !pair.args.includes("--call")
    ? ["-o", "type=cacheonly"]
    : [];
  const args = [pair.args[0]!, "--progress", "plain", ...output, ...pair.args.slice(1)];
  const theirs: Verdict[] = [];
  const ours: Verdict[] = [];
  for (let run = 0; run < 4; run++) {
    const peer = await buildx(args, pair.env);
    theirs.push(verdictOf(peer));
    ours.push(verdictOf(await fairlead(args, { ...pair.env, ...engine })));
    if (panicsOnEvery(peer)) {
      assert.match(ours[0]!.error, /policy engine failed: interface conversion/, what);
      return ours[0]!;
    }
    for (const verdict of ours) {
      if (theirs.some((other) => agrees(verdict, other))) return verdict;
    }
  }
  assert.deepEqual(ours[0], theirs[0], what);
  return ours[0]!;
}

test("random builds under random policies end as in buildx", async () => {
  const seed = Number(Deno.env.get("FAIRLEAD_TEST_SEED") ?? 31337);
  const rounds = Number(Deno.env.get("FAIRLEAD_TEST_ROUNDS") ?? 8);
  await using open = new AsyncDisposableStack();
  const { space, sources, commit } = await pairSources(open);
  const random = seeded(seed);
  const ends = new Map<string, number>();
  const failures: string[] = [];
  for (let round = 0; round < rounds; round++) {
    const pair = randomBuild(random, sources, `${seed} ${round}`);
    for (const name of ["Dockerfile.rego", "p0.rego", "p1.rego", "p2.rego", "docker-bake.json"]) {
      await Deno.remove(space.path(`pair/${name}`)).catch(() => {});
    }
    space.write(
      Object.fromEntries(Object.entries(pair.files).map(([name, text]) => [`pair/${name}`, text])),
    );
    if (pair.committed) await commit(pair.committed);
    const texts = Object.entries({ ...pair.files, ...pair.committed })
      .filter(([name]) => /Dockerfile|\.rego|bake/.test(name) && !/^sub|^lib/.test(name))
      .map(([name, text]) => `--- ${name}\n${text}`);
    const what = `seed ${seed}, round ${round}: ${pair.args.join(" ")} ${
      JSON.stringify(pair.env)
    }\n${texts.join("")}`;
    try {
      const { error, code } = await same(space, pair, what);
      const end = code === 0 ? "built" : error.replace(/".*|[0-9a-f:.]{9,}.*/s, "").slice(0, 70);
      ends.set(end, (ends.get(end) ?? 0) + 1);
    } catch (error) {
      failures.push((error as Error).message);
      console.log(
        `DIFFERENCE ${failures.length}: ${Deno.inspect(error, { strAbbreviateSize: 1e5 })}`,
      );
    }
  }
  console.log(
    `seed ${seed}: tried ${rounds}\n${Deno.inspect([...ends].sort((a, b) => b[1] - a[1]))}`,
  );
  assert.equal(failures.length, 0, failures[0] ?? "");
});

test("signatures of git objects and of downloads, good and forged", async () => {
  await using open = new AsyncDisposableStack();
  const { space, sources } = await pairSources(open);
  const { git, http } = sources;
  const cases: [source: string, rule: string, code: number][] = [
    [`${git}#v2`, 'verify_git_signature(input.git.commit, "signer.pub")', 0],
    [`${git}#v2`, 'verify_git_signature(input.git.tag, "signer.pub")', 0],
    [`${git}#v2`, 'verify_git_signature(input.git.commit, "other.pub")', 1],
    [`${git}#v2u`, 'verify_git_signature(input.git.tag, "signer.pub")', 1],
    [`${git}#v1`, 'verify_git_signature(input.git.commit, "signer.pub")', 1],
    [`${git}#v3`, 'verify_git_signature(input.git.tag, "signer.asc")', 0],
    [`${git}#dev`, 'verify_git_signature(input.git.commit, "signer.asc")', 0],
    [`${git}#dev`, 'verify_git_signature(input.git.commit, "other.asc")', 1],
    [`${http}/f.txt`, 'verify_http_pgp_signature(input.http, "f.txt.asc", "signer.asc")', 0],
    [`${http}/f.txt`, 'verify_http_pgp_signature(input.http, "f.txt.asc", "other.asc")', 1],
  ];
  for (const [source, rule, code] of cases) {
    space.write({
      "pair/Dockerfile": `FROM scratch\nADD ${source} /x\n`,
      "pair/p0.rego": "package docker\n\ndefault allow := false\n\nallow if input.local\n\n" +
        `allow if ${rule}\n\ndecision := {"allow": allow}\n`,
    });
    const pair = { files: {}, env: {}, args: ["build", "--policy", "filename=p0.rego", "."] };
    assert.equal(
      (await same(space, pair, `${source}: ${rule}`)).code,
      code,
      `${source}: ${rule}`,
    );
  }
});
