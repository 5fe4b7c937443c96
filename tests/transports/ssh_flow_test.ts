/** The flow of bytes through a real sshd. */
import assert from "node:assert/strict";
import { ssh } from "../../transports/schemes/ssh.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { makeKey, startSshd } from "../harness/sshd.ts";
import { check } from "../harness/run.ts";
import { missing } from "../harness/tool.ts";
import { writeAll } from "../../base/bytes.ts";
import { readExactly, soon } from "../../transports/contract/expect.ts";
import { context, sleep } from "./contract_help.ts";
import { sshRig } from "./ssh_rig.ts";

Deno.test({
  name: "ssh: data is acknowledged at once, by a message that the server ignores",
  ignore: skip(needsRoot() ?? await missing("sshd")),
  // The connection waits for the next dial.
  sanitizeOps: false,
  sanitizeResources: false,
}, async () => {
  await using rig = await sshRig();
  await using sshd = await startSshd({ config: ["LogLevel DEBUG3"] });
  const access = `identity=${sshd.key}&knownHosts=${sshd.knownHosts}`;
  await rig.reach(`ssh://root@127.0.0.1:${sshd.port}${rig.peer.socket}?${access}`);
  // The peer has sent a line, and has received nothing since.
  const heard = async () => {
    while (!/SSH2_MSG_IGNORE/.test(await Deno.readTextFile(`${sshd.root}/sshd.log`))) {
      await sleep(20);
    }
  };
  await soon(heard(), "the message", 10_000);
});

const KEYS = [
  ["a key", (key: string) => Deno.readTextFile(`${key}.pub`), ""],
  ["a certificate", (_: string, ca: string) => Deno.readTextFile(`${ca}.pub`), "@cert-authority "],
] as const;

for (const [what, publicOf, marker] of KEYS) {
  Deno.test({
    name: `ssh: a server with ${what} exchanges keys anew while bytes flow both ways`,
    ignore: skip(needsRoot() ?? await missing("sshd")),
    sanitizeOps: false,
    sanitizeResources: false,
  }, async () => {
    await using rig = await sshRig();
    const ca = await makeKey(`${rig.home}/ca`);
    const key = await makeKey(`${rig.home}/host`, "rsa");
    await check("ssh-keygen", [
      ...["-q", "-s", ca, "-I", "box", "-h", "-n", "127.0.0.1", `${key}.pub`],
    ]);
    await using sshd = await startSshd({
      hostKeys: [key],
      config: ["RekeyLimit 1M", "LogLevel DEBUG1", `HostCertificate ${key}-cert.pub`],
    });
    const [type, base64] = (await publicOf(key, ca)).split(" ");
    await rig.write("known", `${marker}[127.0.0.1]:${sshd.port} ${type} ${base64}\n`);
    const access = `identity=${sshd.key}&knownHosts=${rig.home}/.ssh/known`;
    const endpoint = `ssh://root@127.0.0.1:${sshd.port}${rig.peer.socket}?${access}`;
    const { stream } = await ssh.dial(ssh.parse(endpoint), context());
    const size = 6 << 20;
    await writeAll(stream, new TextEncoder().encode(`both ${size}\n`));
    await soon(
      Promise.all([
        writeAll(stream, new Uint8Array(size)).then(() => stream.closeWrite()),
        readExactly(stream, size + 64),
      ]),
      "the end",
      60_000,
    );
    stream.close();
    const log = await Deno.readTextFile(`${sshd.root}/sshd.log`);
    const exchanges = log.match(/SSH2_MSG_NEWKEYS received/g)?.length ?? 0;
    assert(exchanges > 2, `${exchanges} exchanges of keys`);
  });
}
