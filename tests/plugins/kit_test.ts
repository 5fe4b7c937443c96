/** The conformance kit: the samples and built-in transports pass it, and broken ones fail. */
import assert from "node:assert/strict";
import { needsRoot, skip } from "../harness/skip.ts";
import { sharedBuildkitd } from "../harness/shared.ts";
import { missing } from "../harness/tool.ts";
import { fairlead } from "../harness/fairlead.ts";
import { copyExamples, environment } from "./surroundings.ts";
import { echo, metadataOf } from "./zoo.ts";
import { succeeds } from "../harness/ended.ts";

const reason = needsRoot() ??
  await missing("buildkitd", "buildctl", "runc", "docker-registry", "busybox", "perl");

if (!skip(reason)) {
  const { address, tcp } = await sharedBuildkitd();
  const socket = address.slice("unix://".length);
  const port = tcp.slice(tcp.lastIndexOf(":") + 1);
  const folder = await Deno.makeTempDir({ prefix: "fl-kit-" });
  addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
  await Deno.chmod(folder, 0o755);
  await copyExamples(folder);
  const env = await environment(folder);

  for (
    const [url, kind, cases] of [
      [`stdio://${socket}`, "executable", 19],
      [`loopback://${port}?host=127.0.0.1`, "executable", 19],
      [`socket://${socket}`, "module", 12],
      [address, "built-in", 12],
    ] as const
  ) {
    Deno.test(`the kit passes for ${kind} ${url.replace(/\/\/.*?(?=\?|$)/, "//…")}`, async () => {
      const { stdout, stderr } = await succeeds(fairlead(["transports", "test", url], { env }));
      const lines = stdout.trimEnd().split("\n");
      assert.equal(lines.pop(), "all cases pass");
      assert.equal(lines.filter((line) => line.startsWith("ok ")).length, cases, stdout);
      assert.equal(lines.length, cases, stdout);
      assert.equal(stderr, "");
    });
  }

  /** Writes a plugin around the shell's sample, and runs the kit on it. */
  const kitOf = async (scheme: string, script: string, metadata: string, only: string[]) => {
    const path = `${folder}/fairlead-transport-${scheme}`;
    const relay = `exec buildctl --addr ${address} dial-stdio`;
    const text = `[ "$1" = metadata ] && { ${metadata}; exit; }\n${
      script.replace("RELAY", relay)
    }\n`;
    await Deno.writeTextFile(path, `#!/bin/sh\n${text}`);
    await Deno.chmod(path, 0o755);
    const { code, stdout } = await fairlead([
      "transports",
      "test",
      ...only.map((name) => `--case=${name}`),
      `${scheme}://x`,
    ], { env });
    await Deno.remove(path);
    assert.equal(code, 1, stdout);
    return stdout;
  };
  const none = (scheme: string) => echo(metadataOf(scheme, { handshake: "none" }));
  const line = (scheme: string) => echo(metadataOf(scheme));
  const ok = echo("fairlead-transport/1 ok {}");

  Deno.test("the kit reports a plugin that outlives fairlead", async () => {
    const script = `trap '' HUP PIPE TERM; sleep 600 & RELAY`;
    const out = await kitOf("lasting", script, none("lasting"), ["nothing is left"]);
    assert.match(out, /^FAILED {2}nothing is left when fairlead is killed: processes still run/m);
  });

  Deno.test("the kit reports wrong exit codes, versions and errors", async () => {
    const script = `${ok}; ${"RELAY".replace("exec ", "")} ; exit 5`.replace("RELAY", "(RELAY)");
    const out = await kitOf("sloppy", script, line("sloppy"), ["exit codes", "version", "line"]);
    assert.match(out, /^FAILED {2}exit codes: it ended with exit code 5 after a good connection/m);
    assert.match(out, /^FAILED {2}an unsupported version: a request of protocol 99 was not/m);
    assert.match(out, /^FAILED {2}the error line: /m);
    assert.match(out, /^\d failed$/m);
  });

  Deno.test("the kit reports bytes that change on the way", async () => {
    const swap = "while (sysread STDIN, $b, 65536) { $b =~ tr/\\250/\\251/; syswrite STDOUT, $b }";
    const script = `buildctl --addr ${address} dial-stdio | perl -e '${swap}'`;
    const out = await kitOf("lossy", script, none("lossy"), ["every byte value"]);
    assert.match(out, /^FAILED {2}every byte value: /m);
  });

  Deno.test("the kit reports a cause once: metadata that comes too late", async () => {
    const out = await kitOf("tardy", "RELAY", `sleep 3; ${none("tardy")}`, []);
    assert.match(
      out,
      /^FAILED {2}metadata: shape, size and time: 'metadata' did not end within 2 s$/m,
    );
    assert.match(out, /^ {8}18 more cases, which all need that, were not run$/m);
    assert.match(out, /^1 failed$/m);
    assert.equal(out.match(/FAILED/g)?.length, 1, out);
  });

  Deno.test("fairlead transports lists the transports, and broken plugins with the reason", async () => {
    const files: Record<string, [string, number]> = {
      "fairlead-transport-open": ["#!/bin/sh\n", 0o757],
      "fairlead-transport-silent": ["#!/bin/sh\n", 0o755],
      "fairlead-transport-unix": [`#!/bin/sh\n${line("unix")}\n`, 0o755],
      "fairlead-transport-loud": [
        `#!/bin/sh\n${
          echo(metadataOf("loud", { version: "\x1b[31m1.0\x07", summary: "two\nlines" }))
        }\n`,
        0o755,
      ],
      "fairlead-transport-stuck.ts": ["await new Promise(() => {});\n", 0o644],
      "fairlead-transport-torn.js": ["export default {", 0o644],
      "fairlead-transport-Wrong": ["", 0o755],
    };
    for (const [name, [text, mode]] of Object.entries(files)) {
      await Deno.writeTextFile(`${folder}/${name}`, text);
      await Deno.chmod(`${folder}/${name}`, mode);
    }
    const data = `${env.XDG_DATA_HOME}/fairlead/transports`;
    await Deno.mkdir(data, { recursive: true });
    await Deno.copyFile(`${folder}/fairlead-transport-stdio`, `${data}/fairlead-transport-stdio`);
    const { stdout, stderr } = await succeeds(fairlead(["transports"], { env }));
    const row = (pattern: string) => assert.match(stdout, new RegExp(`^${pattern}`, "m"));
    row("unix +v[^ ]+ +ok +built-in +a unix socket");
    row(`unix +1\\.0 +shadowed +${folder}/fairlead-transport-unix`);
    row(`stdio +1\\.0\\.0 +ok +${folder}/fairlead-transport-stdio`);
    row(`stdio +1\\.0\\.0 +shadowed +${data}/fairlead-transport-stdio`);
    row(`socket +1\\.0\\.0 +ok +${folder}/fairlead-transport-socket\\.ts`);
    row(`open + broken +${folder}/fairlead-transport-open`);
    row(`loud +1\\.0 +ok +${folder}/fairlead-transport-loud +two lines$`);
    assert.doesNotMatch(stdout, /Wrong/);
    assert.match(stderr, /transport-open: it can be written to by everyone\n {2}hint: run: chmod/);
    assert.match(stderr, /transport-silent: 'metadata' printed nothing\n/);
    assert.match(stderr, /transport-torn\.js: it can't be loaded: /);
    assert.match(stderr, /transport-stuck\.ts: it did not load within 2 s\n/);
    assert.match(stderr, /transport-unix: unix is built in\n {2}hint: .*--transport-plugin unix=/);

    const json = (await fairlead(["transports", "ls", "--format", "json"], { env })).stdout
      .trimEnd().split("\n").map((text) => JSON.parse(text) as Record<string, unknown>);
    const stdio = json.filter(({ scheme }) => scheme === "stdio");
    assert.deepEqual(stdio.map(({ status }) => status), ["ok", "shadowed"]);

    const inspected = await fairlead(["transports", "inspect", "loopback"], { env });
    assert.match(inspected.stdout, /^Handshake: +line\nOptions:\n {2}host +127/m);
    const absent = await fairlead(["transports", "inspect", "lopback"], { env });
    assert.match(absent.stderr, /no transport for the scheme "lopback"/);
    for (const name of Object.keys(files)) await Deno.remove(`${folder}/${name}`);
    await Deno.remove(env.XDG_DATA_HOME!, { recursive: true });
  });

  Deno.test("a plugin is chosen by a flag, and by a builder's driver option", async () => {
    const path = `${folder}/fairlead-transport-loopback`;
    const bare = { ...env, FAIRLEAD_PLUGIN_PATH: "" };
    const url = `loopback://${port}`;
    const without = await fairlead(["du"], { env: { ...bare, BUILDKIT_HOST: url } });
    assert.match(without.stderr, /unknown scheme "loopback"/);
    const flag = `--transport-plugin=loopback=${path}`;
    const withFlag = await fairlead([flag, "du"], { env: { ...bare, BUILDKIT_HOST: url } });
    assert.match(withFlag.stdout, /^Total:/m, withFlag.stderr);
    const wrong = await fairlead(["du", "--transport-plugin", "loopback"], { env: bare });
    assert.match(
      wrong.stderr,
      /hint: wri[^]*invalid argument "loopback" for "--transport-plugin" flag/,
    );
    const create = ["create", "--name=third", "--driver-opt", `transport=${path}`, url];
    await succeeds(fairlead([...create, "--bootstrap"], { env: bare }));
    const asked = await fairlead(["--builder=third", "du"], { env: bare });
    assert.match(asked.stdout, /^Total:/m, asked.stderr);
    const listed = await fairlead(["ls"], { env: bare });
    assert.match(listed.stdout, /third.*\n.*loopback:\/\/\d+ +running/);
    const relative = await fairlead(["create", "--driver-opt=transport=x", url], { env: bare });
    assert.match(relative.stderr, /non-absolute path 'x' provided for transport/);
  });
}
