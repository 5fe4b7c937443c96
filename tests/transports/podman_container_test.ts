/** `podman-container` on podman's own service. */
import assert from "node:assert/strict";
import { DialError } from "../../transports/errors.ts";
import { podmanContainer } from "../../transports/schemes/podman_container.ts";
import type { DialContext } from "../../transports/transport.ts";
import { buildkitImage } from "../harness/buildkit_image.ts";
import { startPodman } from "../harness/podman.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { missing, need } from "../harness/tool.ts";
import { importBuildkit, startPeerContainer } from "./containers.ts";
import { contract, DIAL_STDIO_CANNOT } from "./contract.ts";
import { context } from "./contract_help.ts";
import { checkFairlead } from "../harness/fairlead.ts";

const reason = needsRoot() ?? await missing("podman", "runc", "busybox", "buildkitd", "buildctl");

if (!skip(reason)) {
  const podman = await startPodman();
  addEventListener("unload", () => void podman.stop());
  const engine = { root: podman.root, run: podman.podman };
  await importBuildkit(engine);
  const on = (host: string, inner = context()): DialContext => ({
    ...inner,
    env: (name) => name === "CONTAINER_HOST" ? host : undefined,
  });
  /** A service that takes connections and says nothing; for the container `silent`. */
  const silence = `${podman.root}/silent`;
  const dial = (endpoint: string, inner?: DialContext) => {
    const host = endpoint.endsWith("//silent") ? `unix://${silence}` : podman.address;
    return podmanContainer.dial(podmanContainer.parse(endpoint), on(host, inner));
  };

  contract("podman-container", {
    dial,
    start: () => startPeerContainer(engine, "podman-container"),
    cannot: {
      ...DIAL_STDIO_CANNOT,
      "writes and reads of one byte": "podman holds back a lone byte that might detach a terminal",
    },
    hang() {
      const listener = Deno.listen({ transport: "unix", path: silence });
      return Promise.resolve({
        endpoint: "podman-container://silent",
        [Symbol.asyncDispose]() {
          listener.close();
          return Promise.resolve();
        },
      });
    },
    dead: [["podman-container://nobody", /no container "nobody" at unix:\/\//]],
  });

  const fails = (name: string, expected: RegExp, host = podman.address) =>
    assert.rejects(async () => {
      const spec = podmanContainer.parse(`podman-container://${name}`);
      const { stream } = await podmanContainer.dial(spec, on(host));
      try {
        await stream.read(new Uint8Array(1));
      } finally {
        stream.close();
      }
    }, (error) => {
      assert(error instanceof DialError, String(error));
      assert.match(`${error.message}; ${error.hint}`, expected);
      return true;
    });

  Deno.test("podman-container: containers without a daemon have an error of their own", async (t) => {
    await engine.run("run", "-d", "--name=builder", "--network=none", buildkitImage);
    await t.step("a name mistyped", () => fails("bulider", /did you mean "builder"\?$/));
    await t.step(
      "no daemon in it",
      () => fails("builder", /failed with exit code 1: .*buildkitd\.sock.*podman logs builder$/s),
    );
    await engine.run("exec", "builder", "rm", "/bin/buildctl");
    await t.step("no buildctl in it", () => fails("builder", /container builder has no buildctl;/));
    await engine.run("kill", "builder");
    await t.step("stopped", async () => {
      while (!/Exited/.test((await engine.run("ps", "-a", "--filter=name=builder")).stdout));
      await fails("builder", /not running \((exited|stopped)\); start it: podman start builder$/);
    });
    await t.step(
      "no service",
      () =>
        fails(
          "x",
          /no such socket; start podman's service there, or correct/,
          "unix:///no/such/socket",
        ),
    );
  });

  Deno.test("podman-container: a real buildkitd in a container builds", async () => {
    const options = ["--network=host", "--privileged", "--name=buildkitd"];
    const daemon = ["buildkitd", "--root=/var/lib/buildkit", "--oci-worker-snapshotter=native"];
    await engine.run("run", "-d", ...options, buildkitImage, ...daemon);
    const folder = `${podman.root}/context`;
    await Deno.mkdir(folder);
    await Deno.copyFile(await need("busybox"), `${folder}/sh`);
    const dockerfile = "FROM scratch\nCOPY sh /bin/sh\nRUN echo it ran as $((40 + 2))\n";
    await Deno.writeTextFile(`${folder}/Dockerfile`, dockerfile);
    const { stderr } = await checkFairlead(["build", "--progress=plain", folder], {
      BUILDKIT_HOST: "podman-container://buildkitd",
      CONTAINER_HOST: podman.address,
    });
    assert.match(stderr, /it ran as 42/);
  });
}
