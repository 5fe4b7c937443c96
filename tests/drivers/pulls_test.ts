/**
 * Pulls of a builder's image that are slow or fail. The registry is a mock, because no real one
 * fails on demand; the engine is real.
 */
import { equal, match } from "node:assert/strict";
import { dockerEngine } from "../harness/dockerd.ts";
import { startFairlead } from "../harness/fairlead.ts";
import { freePort } from "../harness/daemon.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";
import { engineSpace } from "./engine.ts";
import { fails } from "../harness/ended.ts";

const ignore = skip(
  needsRoot() ?? await missing("containerd", "runc", "busybox") ?? (await dockerEngine()).reason,
);

const sha256 = async (bytes: Uint8Array<ArrayBuffer>) =>
  `sha256:${new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex()}`;
const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

/** The image `slow` has a layer without an end, `broken` another layer than named. */
async function mockRegistry(port: number) {
  const layer = "sha256:" + "1".repeat(64);
  const config = json({
    os: "linux",
    architecture: "amd64",
    rootfs: { type: "layers", diff_ids: [layer] },
  });
  const manifest = json({
    schemaVersion: 2,
    mediaType: "application/vnd.docker.distribution.manifest.v2+json",
    config: {
      mediaType: "application/vnd.docker.container.image.v1+json",
      size: config.length,
      digest: await sha256(config),
    },
    layers: [{
      mediaType: "application/vnd.docker.image.rootfs.diff.tar.gzip",
      size: 50_000_000,
      digest: layer,
    }],
  });
  const type = "application/vnd.docker.distribution.manifest.v2+json";
  const digest = await sha256(manifest);
  return Deno.serve({ hostname: "127.0.0.1", port, onListen() {} }, ({ url }) => {
    const { pathname } = new URL(url);
    if (pathname === "/v2/") return new Response("{}");
    if (pathname.startsWith("/v2/limited/")) {
      const errors = [{
        code: "TOOMANYREQUESTS",
        message: "you have reached your pull rate limit",
      }];
      return Response.json({ errors }, { status: 429 });
    }
    if (pathname.includes("/manifests/")) {
      const headers = { "content-type": type, "docker-content-digest": digest };
      return new Response(manifest, { headers });
    }
    if (!pathname.endsWith(layer)) return new Response(config);
    if (pathname.startsWith("/v2/broken/")) return new Response("another layer");
    let timer: ReturnType<typeof setInterval>;
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        const part = crypto.getRandomValues(new Uint8Array(20_000));
        timer = setInterval(() => controller.enqueue(part), 50);
      },
      cancel: () => clearInterval(timer),
    });
    return new Response(body, { headers: { "content-length": "50000000" } });
  });
}

Deno.test(
  { name: "docker-container: slow, broken and rate-limited pulls are reported", ignore },
  async (t) => {
    await using space = await engineSpace({ init: true });
    const port = freePort();
    const registry = await mockRegistry(port);
    const boot = async (image: string) => {
      const options = `image=127.0.0.1:${port}/${image}:1,network=host`;
      await space.fairlead(["create", "--name", image, "--driver-opt", options]);
      return await space.fairlead(["inspect", "--bootstrap", image]);
    };
    const containers = async () => (await space.engine.docker("ps", "-aq")).stdout.trim();

    await t.step("a limit has its own remedy", async () => {
      const { stderr } = await fails(boot("limited"));
      match(
        stderr,
        /^ERROR: cannot pull the builder's image 127\.0\.0\.1:\d+\/limited:1: .*toomany/mi,
      );
      match(
        stderr,
        /^hint: the registry limits pulls: log in \(docker .*login 127\.0\.0\.1:\d+\), wait/m,
      );
      equal(await containers(), "");
    });

    await t.step("a slow pull shows its progress, and Ctrl-C ends it at once", async () => {
      const options = `image=127.0.0.1:${port}/slow:1,network=host`;
      await space.fairlead(["create", "--name", "slow", "--driver-opt", options]);
      const env = { ...space.env, BUILDKIT_PROGRESS: "plain" };
      const boot = startFairlead(["inspect", "--bootstrap", "slow"], { env });
      await boot.until(/Downloading .* \d.*\/ 50\.00MB/);
      boot.child.kill("SIGINT");
      const { code, stderr } = await boot.ended;
      equal(code, 130, stderr);
      match(stderr, /ERROR: .*cancel/m);
      equal(await containers(), "");
    });

    await t.step("a pull that fails in the middle is named, and leaves nothing", async () => {
      const { stderr } = await fails(boot("broken"));
      match(stderr, /^ERROR: cannot pull the builder's image 127\.0\.0\.1:\d+\/broken:1: .+/m);
      equal(await containers(), "");
    });
    await registry.shutdown();
  },
);
