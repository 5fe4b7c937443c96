/** A daemon that has become silent counts as lost, although its connection stays open. */
import assert from "node:assert/strict";
import { ConnectionLost } from "../../buildkit/connection_lost.ts";
import { newId } from "../../base/identity.ts";
import { fileSync } from "../../buildkit/session/filesync.ts";
import { health } from "../../buildkit/session/health.ts";
import { solve } from "../../buildkit/solve.ts";
import { dockerfileRequest } from "../../buildkit/solve_request.ts";
import { watchSilence } from "../../cli/builders/reached_nodes.ts";
import { DialError } from "../../transports/errors.ts";
import { startFakeBuildkitd } from "../fake_buildkitd.ts";
import { startProxy } from "../harness/proxy.ts";
import { withShared } from "../harness/shared.ts";
import { silentPort } from "../harness/silent_port.ts";
import { clientOf } from "../harness/client.ts";

const { ignore, shared: daemon } = await withShared();
const test = (name: string, fn: Deno.TestDefinition["fn"]) => Deno.test({ name, ignore, fn });

interface StepOptions {
  readonly endpoint: string;
  /** The step sleeps for this time. */
  readonly seconds?: number;
  /** The step runs this command instead. */
  readonly step?: string;
  /** Milliseconds. */
  readonly silence: number;
  readonly onStarted?: (ref: string) => void;
}

/** Builds a step that sleeps; gives the build's ref and its error, if it had one. */
async function sleep(options: StepOptions) {
  const { endpoint, seconds = 0, silence, onStarted } = options;
  const signal = new AbortController().signal;
  const folder = await Deno.makeTempDir({ prefix: "fl-quiet-" });
  const step = `RUN ${options.step ?? `sleep ${seconds}`} # ${newId()}`;
  await Deno.writeTextFile(`${folder}/Dockerfile`, `FROM busybox\n${step}\n`);
  const client = await clientOf(endpoint);
  const request = dockerfileRequest({});
  const { Ref: ref } = request;
  try {
    await solve(client, request, {
      services: [
        health,
        fileSync(new Map([["context", folder], ["dockerfile", folder]]), () => ({})),
      ],
      sharedKey: "",
      onStatus({ vertexes }) {
        if (vertexes.some(({ name, started }) => name.includes(step) && started)) onStarted?.(ref);
      },
      signal,
      silence,
    });
    return { ref, error: undefined };
  } catch (error) {
    return { ref, error };
  } finally {
    await client.close();
    await Deno.remove(folder, { recursive: true });
  }
}

/** A mock, so that what comes before the silence comes when it should. */
Deno.test("a network that drops everything in mid-step is noticed, and reported with the build", async () => {
  await using daemon = startFakeBuildkitd(async (build) => {
    await build.session();
    // The last sign that the daemon hears the client is older than the last word of the daemon.
    for (let i = 0; i < 5; i++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      build.status({ vertexes: [{ digest: `sha256:${"0".repeat(64)}`, name: `step ${i}` }] });
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
    proxy.stall(true);
    await new Promise((resolve) => build.signal.addEventListener("abort", resolve));
  });
  await using proxy = await startProxy({ to: daemon.address });
  const { ref, error } = await sleep({ endpoint: proxy.address, silence: 3000 });
  assert.ok(error instanceof ConnectionLost, String(error));
  assert.equal(
    error.message,
    `the connection to ${proxy.address} was lost during build ${ref}: ` +
      "nothing came from it for 3 s",
  );
  proxy.stall(false);
  proxy.cut();
  await Promise.allSettled(daemon.scripts);
});

test("a network that swallows what goes to the daemon alone is noticed, whatever the daemon says", async () => {
  await using proxy = await startProxy({ to: daemon.tcp });
  const { ref, error } = await sleep({
    endpoint: proxy.address,
    step: "for i in $(seq 200); do echo $i; sleep 0.1; done",
    silence: 7000,
    onStarted: () => proxy.stall(true, "up"),
  });
  assert.ok(error instanceof ConnectionLost, String(error));
  assert.equal(
    error.message,
    `the connection to ${proxy.address} was lost during build ${ref}: nothing reached it for 7 s`,
  );
});

/** A mock: a real daemon takes 15 s to give up a check, and calls the next one at once. */
Deno.test("health checks that the daemon cancels don't prove that it hears the client", async () => {
  let checking = Promise.resolve();
  await using daemon = startFakeBuildkitd((build) =>
    checking = (async () => {
      const session = await build.session();
      while (!build.signal.aborted) {
        const call = session.call("/grpc.health.v1.Health/Check");
        await new Promise((resolve) => setTimeout(resolve, 300));
        call.cancel();
      }
    })()
  );
  const { error } = await sleep({ endpoint: daemon.address, silence: 2500 });
  assert.ok(error instanceof ConnectionLost, String(error));
  assert.match(error.message, /was lost during build \w+: nothing reached it for 2.5 s$/);
  await checking;
  await Promise.allSettled(daemon.scripts);
});

test("a step without output is no silence, because the daemon sends health checks", async () => {
  const { error } = await sleep({ endpoint: daemon.tcp, seconds: 9, silence: 7000 });
  assert.equal(error, undefined);
});

Deno.test("a port that accepts and never answers is reported as silent", async () => {
  await using port = silentPort();
  const { error } = await sleep({ endpoint: port.endpoint, seconds: 1, silence: 500 });
  assert.ok(error instanceof DialError, String(error));
  assert.match(
    error.message,
    /^cannot reach tcp:\S+: it accepts connections, but sent nothing for 0.5 s$/,
  );
  assert.match(error.hint ?? "", /./);
});

test("a build that is followed may be silent for long; a network that swallows everything is lost", async () => {
  await using proxy = await startProxy({ to: daemon.tcp });
  const follower = await clientOf(proxy.address);
  const limit = 2000;
  using _watch = watchSilence(follower, limit);
  let [stalled, lost] = [0, 0];
  let followed = Promise.resolve<unknown>(undefined);
  const built = await sleep({
    endpoint: daemon.tcp,
    seconds: 16,
    silence: 25_000,
    onStarted(ref) {
      if (stalled > 0) return;
      stalled = performance.now() + 3 * limit;
      followed = follower.status(ref, () => {}).catch((error) => {
        lost = performance.now();
        return error;
      });
      setTimeout(() => proxy.stall(true), 3 * limit);
    },
  });
  const error = await followed;
  await follower.close();
  assert.equal(built.error, undefined);
  assert.ok(error instanceof ConnectionLost, String(error));
  assert.match(
    error.message,
    /^the connection to tcp:\S+ was lost: nothing came from it for 2 s$/,
  );
  assert.ok(lost > stalled, "it was lost while all was well");
});
