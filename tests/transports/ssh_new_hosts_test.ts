/** Unknown hosts: the effect of `StrictHostKeyChecking`, compared with the real ssh. */
import assert from "node:assert/strict";
import { check, run } from "../harness/run.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { startSshd } from "../harness/sshd.ts";
import { missing, onPath } from "../harness/tool.ts";
import { sshRig } from "./ssh_rig.ts";
import { succeeds } from "../harness/ended.ts";

const reason = needsRoot() ?? await missing("sshd") ??
  (await onPath("ssh") === undefined ? "there is no ssh program" : undefined);

Deno.test({
  name: "ssh: StrictHostKeyChecking writes new hosts as ssh does",
  ignore: skip(reason),
  // The connection waits for the next dial.
  sanitizeOps: false,
  sanitizeResources: false,
}, async (t) => {
  await using rig = await sshRig();
  await using sshd = await startSshd();
  const name = `[127.0.0.1]:${sshd.port}`;
  const [ed25519 = "", , rsa = ""] = sshd.hostKeys;
  const other = (await Deno.readTextFile(`${sshd.key}.pub`)).split(" ", 2).join(" ");
  const endpoint = `ssh://127.0.0.1:${sshd.port}${rig.peer.socket}`;
  let files = 0;
  /** Writes a configuration and a file of known hosts, which has a name of its own each time. */
  const setUp = async (lines: string, known: string | undefined) => {
    const file = `${rig.home}/known${files++}`;
    if (known !== undefined) await Deno.writeTextFile(file, known);
    await rig.write(
      "config",
      `Host *\n IdentityFile ${sshd.key}\n IdentitiesOnly yes\n IdentityAgent none\n User root\n` +
        `${lines}\n HashKnownHosts no\n UserKnownHostsFile ${file}\n GlobalKnownHostsFile none\n`,
    );
    return file;
  };
  const theirs = (...options: string[]) =>
    run("ssh", [
      ...["-F", `${rig.home}/.ssh/config`, "-o", "BatchMode=yes", "-p", String(sshd.port)],
      ...[...options, "127.0.0.1", "true"],
    ]);

  for (
    const [title, lines, known] of [
      ["accept-new", "StrictHostKeyChecking accept-new", undefined],
      ["no", "StrictHostKeyChecking no", "# a comment\n"],
      ["off", "StrictHostKeyChecking off", `box ${ed25519}\n`],
      ["an alias", "StrictHostKeyChecking accept-new\nHostKeyAlias Box", ""],
      ["a key of another is revoked", "StrictHostKeyChecking no", `@revoked * ${other}\n`],
    ] as const
  ) {
    await t.step(`${title}: the same line as ssh's`, async () => {
      const theirFile = await setUp(lines, known);
      await succeeds(theirs());
      const ourFile = await setUp(lines, known);
      await rig.reach(endpoint);
      const written = await Deno.readTextFile(ourFile);
      assert.equal(written, await Deno.readTextFile(theirFile));
      assert.match(written, /ssh-ed25519 \S+\n$/);
      await setUp("StrictHostKeyChecking yes\n" + lines, written);
      await rig.reach(endpoint);
    });
  }

  await t.step("a last line without a line feed gets one", async () => {
    const file = await setUp("StrictHostKeyChecking no", `box ${other}`);
    await rig.reach(endpoint);
    assert.equal(await Deno.readTextFile(file), `box ${other}\n${name} ${ed25519}\n`);
  });

  await t.step("HashKnownHosts", async () => {
    const file = await setUp("StrictHostKeyChecking accept-new\nHashKnownHosts yes", undefined);
    await rig.reach(endpoint);
    assert.match(await Deno.readTextFile(file), /^\|1\|\S+\|\S+ ssh-ed25519 \S+\n$/);
    await check("ssh-keygen", ["-F", name, "-f", file]);
    await succeeds(theirs("-o", "StrictHostKeyChecking=yes"));
  });

  for (
    const [title, lines, known, problem] of [
      ["ask", "StrictHostKeyChecking ask", "", /is not known: ssh-ed25519/],
      ["nothing said", "", "", /is not known: ssh-ed25519/],
      ["a changed key", "StrictHostKeyChecking no", `${name} ${other}\n`, /has changed/],
      [
        "a revoked key",
        "StrictHostKeyChecking no",
        `@revoked * ${ed25519}\n`,
        /is revoked by/,
      ],
      [
        // Here ssh itself would take the key.
        "a host that is known by another type of key",
        "StrictHostKeyChecking accept-new\nHostKeyAlgorithms ssh-ed25519",
        `${name} ${rsa}\n`,
        /is not known: ssh-ed25519/,
      ],
    ] as const
  ) {
    await t.step(`refused: ${title}`, async () => {
      const file = await setUp(lines, known);
      await rig.fails(endpoint, problem, "denied");
      assert.equal(await Deno.readTextFile(file), known);
    });
  }

  await t.step("a missing file is reported", async () => {
    await setUp("StrictHostKeyChecking no\nUserKnownHostsFile /dev/null", undefined);
    await rig.reach(endpoint);
    await setUp("StrictHostKeyChecking no\nUserKnownHostsFile none", undefined);
    await rig.reach(endpoint);
    await setUp("StrictHostKeyChecking no\nUserKnownHostsFile /proc/nowhere/known", undefined);
    await rig.reach(endpoint);
    await setUp("UserKnownHostsFile none", undefined);
    await rig.fails(
      endpoint,
      /accept it with: writing this line to a file that UserKnownHostsFile .* names: \[127/,
      "denied",
    );
  });
});
