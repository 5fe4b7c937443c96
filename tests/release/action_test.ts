/** The GitHub action, by node, with its inputs as GitHub gives them. */
import assert from "node:assert/strict";
import { run } from "../harness/run.ts";
import { skip } from "../harness/skip.ts";
import { onPath } from "../harness/tool.ts";
import { fails, succeeds } from "../harness/ended.ts";

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
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(PROGRAM));
  const sums = `${new Uint8Array(digest).toHex()}  ${name}\n`;
  const asked: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { pathname } = new URL(request.url);
    asked.push(pathname);
    if (pathname.endsWith(`/${name}`)) return new Response(program);
    if (pathname.endsWith("/SHA256SUMS")) return new Response(sums);
    return new Response("", { status: 404 });
  });
  try {
    await Deno.mkdir(`${folder}/bin`);
    if (gh !== undefined) {
      await Deno.writeTextFile(`${folder}/bin/gh`, `#!/bin/sh\n${gh}\n`, { mode: 0o755 });
    }
    for (const file of ["path", "output"]) await Deno.writeTextFile(`${folder}/${file}`, "");
    const env = {
      ...{ RUNNER_TEMP: folder, HOME: folder },
      ...{ GITHUB_PATH: `${folder}/path`, GITHUB_OUTPUT: `${folder}/output` },
      FAIRLEAD_DOWNLOAD: `http://127.0.0.1:${server.addr.port}`,
      PATH: `${folder}/bin:/usr/bin:/bin`,
      ...Object.fromEntries(
        Object.entries(inputs).map(([name, value]) => [`INPUT_${name}`, value]),
      ),
    };
    const { code, stdout } = await run((await onPath("node"))!, [main], { env });
    const read = (name: string) => Deno.readTextFile(`${folder}/${name}`).catch(() => "");
    const [path, output, called] = await Promise.all([
      read("path"),
      read("output"),
      read("called"),
    ]);
    const clean = (text: string) => text.replaceAll(folder, "DIR");
    return {
      code,
      stdout: clean(stdout),
      path: clean(path),
      output: clean(output),
      called: clean(called),
      asked,
      files: [...Deno.readDirSync(folder)].flatMap(({ name }) =>
        name === "fairlead"
          ? [...Deno.readDirSync(`${folder}/fairlead`)].map(({ name }) => name)
          : []
      ),
    };
  } finally {
    await server.shutdown();
    await Deno.remove(folder, { recursive: true });
  }
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
  const wrong: [Record<string, string>, string | undefined, string, RegExp][] = [
    [
      { VERSION: "1.2.3" },
      VERIFIES,
      PROGRAM,
      /^::error::version is latest or like v0\.1\.0, not 1\.2\.3$/m,
    ],
    [
      {},
      "echo no attestation >&2; exit 1",
      PROGRAM,
      /^::error::gh attestation failed: no attestation$/m,
    ],
    [{ BUILDX: "yes" }, VERIFIES, PROGRAM, /^::error::buildx is true or false, not yes$/m],
    [{}, VERIFIES, `${PROGRAM} `, /^::error::sh .*is damaged/m],
    [{}, VERIFIES, "", /^::error::sh .*is damaged/m],
  ];
  if (!await onPath("gh")) wrong.push([{}, undefined, PROGRAM, /set attestation to false/]);
  for (const [inputs, gh, program, says] of wrong) {
    const done = await fails(act(inputs, gh, program));
    assert.match(done.stdout, says);
    assert.equal(done.path, "");
    assert.deepEqual(done.files, []);
  }
});
