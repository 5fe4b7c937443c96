// deno-lint-ignore-file no-console
/**
 * The cost of policies: the decisions of one process, and whole builds compared with buildx. CPU
 * time is measured, because the machine may be busy.
 */
import type { Policy } from "../../policies/policy.ts";
import { startEngine } from "../../policies/engine.ts";
import { compilePolicy } from "../../policies/policy.ts";
import { builtModule } from "../../scripts/policy/go_module.ts";
import { engine, signatures } from "../../scripts/policy/engine.ts";
import {
  dockerBuilder,
  makeInstance,
  signedBundle,
  statement,
  trustedRoot,
} from "../policies/sigstore/instance.ts";
import { cpuUsage } from "./cpu.ts";
import { median } from "./table.ts";
import { runFlags } from "../../scripts/compile/run_flags.ts";

const TEXT = `package docker

default allow := false

allow if input.local

allow if input.image.repo == "busybox"

allow if input.image.labels.team == "a"

deny_msg contains sprintf("%v is not allowed", [input.image.ref]) if not allow

decision := {"allow": allow, "deny_msg": deny_msg}
`;

/** Measures in a process with the shipped program's flags of V8. */
export async function inOwnProcess(): Promise<void> {
  const root = new URL("../..", import.meta.url).pathname;
  const flags = runFlags.map((flag) => flag === "--no-config" ? `--config=${root}deno.json` : flag);
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: [...flags, `${root}tests/benchmark/policy.ts`],
    stdin: "null",
  }).spawn().status;
  if (!success) throw new Error("the decisions could not be measured");
}

/** Prints the cost inside of one process. @param later how many decisions follow */
async function decisions(later = 200): Promise<void> {
  const [load] = Deno.loadavg();
  console.log(`### decisions of one process, CPU (load average ${load!.toFixed(1)})`);
  const module = await builtModule(engine);
  const before = Deno.memoryUsage().rss;
  const row = (what: string, ms: number) =>
    console.log(`${what.padEnd(44)} ${ms.toFixed(1).padStart(8)} ms`);
  const started = cpuUsage();
  const running = await startEngine(await Deno.readFile(module));
  row("the engine starts", cpuUsage() - started);
  const host = { material: () => Promise.resolve({}), attestation: () => Promise.resolve(null) };
  const policy = await compilePolicy(running, [{ name: "bench.rego", text: TEXT }], host, {
    print: true,
  });
  await policy.caps({});
  const image = "docker-image://docker.io/library/busybox:latest";
  await decide(policy, image);
  row("until the first decision, the start included", cpuUsage() - started);
  const sources = { "an image": image, "a folder": "local://context" };
  for (const [what, source] of Object.entries(sources)) {
    const times: number[] = [];
    for (let at = 0; at < later; at++) {
      const at0 = cpuUsage();
      await decide(policy, source);
      times.push(cpuUsage() - at0);
    }
    const whole = times.reduce((sum, ms) => sum + ms, 0);
    row(`a later decision about ${what}, mean of ${later}`, whole / later);
    row(`a later decision about ${what}, median`, median(times));
  }
  console.log(`memory: ${((Deno.memoryUsage().rss - before) / 2 ** 20).toFixed(0)} MiB more`);
  await verifications(row);
}

/** An image with its configuration, as the daemon brings it with the second question. */
async function decide(policy: Policy, identifier: string): Promise<void> {
  const config = btoa(
    JSON.stringify({ os: "linux", architecture: "amd64", config: { Labels: { team: "a" } } }),
  );
  const { action } = await policy.check({
    source: { identifier, attrs: {} },
    meta: identifier.startsWith("docker")
      ? { image: { digest: `sha256:${"1".repeat(64)}`, config } }
      : undefined,
    platform: { os: "linux", architecture: "amd64" },
    env: { filename: "Dockerfile" },
  });
  if (action !== "ALLOW") throw new Error(`the policy answers ${action}`);
}

async function verifications(row: (what: string, ms: number) => void): Promise<void> {
  const instance = await makeInstance();
  const checksum = `sha256:${"1".repeat(64)}`;
  const bundle = await signedBundle(instance, statement(checksum), {
    identity: dockerBuilder("a/b"),
  });
  const request = {
    artifact: {
      checksum,
      bundle: bundle.toBase64(),
      trustedRoot: btoa(await trustedRoot(instance)),
    },
  };
  const module = await Deno.readFile(await builtModule(signatures));
  const started = cpuUsage();
  const verifier = await startEngine(module);
  row("the verifier of signatures starts", cpuUsage() - started);
  for (const what of ["the first signature", "the second signature", "the third signature"]) {
    const before = cpuUsage();
    const { error } = verifier.call(request);
    if (error) throw new Error(error);
    row(what, cpuUsage() - before);
  }
}

if (import.meta.main) await decisions();
