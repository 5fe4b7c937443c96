/** What keeps bytes flowing through a real sshd. */
import { needsRoot, skip } from "../harness/skip.ts";
import { startSshd } from "../harness/sshd.ts";
import { missing } from "../harness/tool.ts";
import { sleep, soon } from "./contract_help.ts";
import { sshRig } from "./ssh_rig.ts";

Deno.test({
  name: "ssh: what comes is acknowledged at once, by a message that the server passes over",
  ignore: skip(needsRoot() ?? await missing("sshd")),
  // The connection waits for the next dial.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    await using rig = await sshRig();
    await using sshd = await startSshd({ config: ["LogLevel DEBUG3"] });
    const access = `identity=${sshd.key}&knownHosts=${sshd.knownHosts}`;
    await rig.reach(`ssh://root@127.0.0.1:${sshd.port}${rig.peer.socket}?${access}`);
    // The peer has said a word, and nothing was said to it since.
    const heard = async () => {
      while (!/SSH2_MSG_IGNORE/.test(await Deno.readTextFile(`${sshd.root}/sshd.log`))) {
        await sleep(20);
      }
    };
    await soon(heard(), 10_000, "the message");
  },
});
