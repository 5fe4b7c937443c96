/** The GitHub action, by node, with its inputs as GitHub gives them. */
import assert from "node:assert/strict";
import { exists } from "../../base/stat.ts";
import { digest } from "../harness/random.ts";
import { removedLater } from "../harness/remove_folder.ts";
import { run } from "../harness/run.ts";
import { skip } from "../harness/skip.ts";
import { onPath } from "../harness/tool.ts";
import { fails, succeeds } from "../harness/ended.ts";
import { webServer } from "../harness/web_server.ts";

const main = new URL("../../action/main.js", import.meta.url).pathname;
const ignore = Deno.build.os !== "linux" || skip(await onPath("node") ? undefined : "no node");
const test = (name: string, fn: Deno.TestDefinition["fn"]) => Deno.test({ name, ignore, fn });
const PROGRAM = `#!/bin/sh
[ "$1" = version ] && exec echo fairlead v1.2.3 abc
echo "$@" >>"$RUNNER_TEMP/called"
`;

/** Runs the action against a release on loopback, with a stand-in for gh. */
async function act(inputs: Record<string, string>, gh: string | undefined, program = PROGRAM) {
  const folder = await Deno.makeTempDir({ prefix: "fl-action-" });
  const name = `fairlead-linux-${Deno.build.arch === "x86_64" ? "x64" : "arm64"}`;
  await using _ = removedLater(folder);
  const sums = `${await digest(new TextEncoder().encode(PROGRAM))}  ${name}\n`;
  const asked: string[] = [];
  await using server = webServer(({ url }) => {
    const { pathname } = new URL(url);
    asked.push(pathname);
    if (pathname.endsWith(`/${name}`)) return new Response(program);
    if (pathname.endsWith("/SHA256SUMS")) return new Response(sums);
    return new Response("", { status: 404 });
  });
  await Deno.mkdir(`${folder}/bin`);
  if (gh !== undefined) {
    await Deno.writeTextFile(`${folder}/bin/gh`, `#!/bin/sh\n${gh}\n`, { mode: 0o755 });
  }
  for (const file of ["path", "output"]) await Deno.writeTextFile(`${folder}/${file}`, "");
  const env = {
    ...{ RUNNER_TEMP: folder, HOME: folder, PATH: `${folder}/bin:/usr/bin:/bin` },
    ...{ GITHUB_PATH: `${folder}/path`, GITHUB_OUTPUT: `${folder}/output` },
    FAIRLEAD_DOWNLOAD: server.url,
    ...Object.fromEntries(Object.entries(inputs).map(([key, value]) => [`INPUT_${key}`, value])),
  };
  const { code, stdout } = await run((await onPath("node"))!, [main], { env });
  const clean = (text: string) => text.replaceAll(folder, "DIR");
  const read = async (file: string) =>
    clean(await Deno.readTextFile(`${folder}/${file}`).catch(() => ""));
  const installed = exists(`${folder}/fairlead`) ? [...Deno.readDirSync(`${folder}/fairlead`)] : [];
  return {
    ...{ code, stdout: clean(stdout), asked, files: installed.map(({ name }) => name) },
    ...{ path: await read("path"), output: await read("output"), called: await read("called") },
  };
}

const VERIFIES = `echo "$GH_TOKEN $*" >>"$RUNNER_TEMP/called"`;

test("action: installs, checks the attestation, and hands on the path", async () => {
  const done = await succeeds(act({ TOKEN: "secret" }, VERIFIES));
  assert.equal(done.path, "DIR/fairlead\n");
  assert.equal(done.output, "path=DIR/fairlead/fairlead\nversion=fairlead v1.2.3 abc\n");
  assert.equal(
    done.called,
    "secret attestation verify DIR/fairlead/fairlead --repo fairlead/fairlead\n",
  );
  assert.match(done.asked[0]!, /^\/latest\/download\//);
  assert.doesNotMatch(done.stdout, /secret/);
});

test("action: a version, in buildx's place, without an attestation", async () => {
  const inputs = { VERSION: "v1.2.3", BUILDX: "true", ATTESTATION: "False" };
  const done = await succeeds(act(inputs, undefined));
  assert.equal(done.called, "install --buildx\n");
  assert.match(done.asked[0]!, /^\/download\/v1\.2\.3\//);
});

test("action: what is wrong is an error of the step, and adds no path", async () => {
  const refuses = "echo no attestation >&2; exit 1";
  const wrong: [says: RegExp, ...Parameters<typeof act>][] = [
    [/^::error::version is latest or like v0\.1\.0, not 1\.2\.3$/m, { VERSION: "1.2.3" }, VERIFIES],
    [/^::error::buildx is true or false, not yes$/m, { BUILDX: "yes" }, VERIFIES],
    [/^::error::gh attestation failed: no attestation$/m, {}, refuses],
    [/^::error::sh .*is damaged/m, {}, VERIFIES, `${PROGRAM} `],
    [/^::error::sh .*is damaged/m, {}, VERIFIES, ""],
  ];
  if (!await onPath("gh")) wrong.push([/set attestation to false/, {}, undefined]);
  for (const [says, ...given] of wrong) {
    const done = await fails(act(...given));
    assert.match(done.stdout, says);
    assert.equal(done.path, "");
    assert.deepEqual(done.files, []);
  }
});
