/**
 * The memory of fairlead while much data goes through mutual TLS: the limit is the same as without
 * TLS.
 */
import assert from "node:assert/strict";
import { startBuildkitd } from "../harness/buildkitd.ts";
import { makeCerts } from "../harness/certs.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";
import { sleep } from "./contract_help.ts";
import { checkFairlead, fairleadCommand } from "../harness/fairlead.ts";

/**
 * Bytes that go each way, and the most that may be resident meanwhile. The thread that ends the
 * program on a second signal holds 15 MiB of it.
 */
const [SIZE, LIMIT] = [512 << 20, 116 << 20];

Deno.test({
  name: "TLS: 512 MiB up and down take less than 116 MiB of memory",
  ignore: skip(needsRoot() ?? await missing("buildkitd", "runc", "openssl")),
}, async () => {
  await using certs = await makeCerts();
  await using daemon = await startBuildkitd({
    tcp: true,
    tls: { ...certs.server, ca: certs.ca.cert },
  });
  const { dir } = certs;
  const context = `${dir}/context`;
  await Deno.mkdir(context);
  await Deno.writeTextFile(`${context}/Dockerfile`, "FROM scratch\nCOPY big /\n");
  await Deno.writeFile(`${context}/big`, new Uint8Array());
  await Deno.truncate(`${context}/big`, SIZE);
  const env = {
    BUILDX_CONFIG: `${dir}/buildx`,
    DOCKER_CONFIG: `${dir}/docker`,
    // As fairlead is started everywhere: Deno's own look for a newer one fills the base store.
    DENO_NO_UPDATE_CHECK: "1",
    // On a busy machine the zeros would be compressed, which takes additional memory.
    FAIRLEAD_COMPRESS_UPLOADS: "false",
  };
  const { cert, key } = certs.client;
  await checkFairlead([
    ...["create", "--name=box", "--driver=remote"],
    `--driver-opt=cacert=${certs.ca.cert},cert=${cert},key=${key}`,
    daemon.tcp,
  ], env);
  const build = ["build", "--builder=box", "--progress=plain", context];
  const tar = `${dir}/out.tar`;
  for (
    const [way, output] of [["up", []], ["down", [`--output=type=tar,dest=${tar}`]]] as const
  ) {
    const peak = await peakOf(fairleadCommand(...build, ...output), env);
    assert(peak < LIMIT, `${way}: ${(peak / (1 << 20)).toFixed(0)} MiB`);
  }
  assert((await Deno.stat(tar)).size > SIZE);
});

/** Runs a command, which must succeed; the most bytes that were resident, by the kernel's count. */
async function peakOf(command: readonly string[], env: Record<string, string>): Promise<number> {
  const child = new Deno.Command(command[0]!, {
    args: command.slice(1),
    env,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  let running = true;
  const ended = child.status.finally(() => running = false);
  let peak = 0;
  while (running) {
    const status = await Deno.readTextFile(`/proc/${child.pid}/status`).catch(() => "");
    peak = Math.max(peak, Number(/VmHWM:\s*(\d+) kB/.exec(status)?.[1] ?? 0) * 1024);
    await Promise.race([ended, sleep(20)]);
  }
  assert((await ended).success);
  return peak;
}
