/**
 * Pulls of a builder's image that are slow or fail. The registry is a mock, because no real one
 * fails on demand; the engine is real.
 */
import { equal, match } from "node:assert/strict";
import { dockerEngine } from "../harness/dockerd.ts";
import { fails } from "../harness/ended.ts";
import { startFairlead } from "../harness/fairlead.ts";
import { digest } from "../harness/random.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";
import { webServer } from "../harness/web_server.ts";
import { engineSpace } from "./engine.ts";

const ignore = skip(
  needsRoot() ?? await missing("containerd", "runc", "busybox") ?? (await dockerEngine()).reason,
);

const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

/** The image `slow` has a layer without an end, `broken` another layer than named. */
async function mockRegistry() {
  const layer = "sha256:" + "1".repeat(64);
  const rootfs = { type: "layers", diff_ids: [layer] };
  const config = json({ os: "linux", architecture: "amd64", rootfs });
  const mediaType = "application/vnd.docker.distribution.manifest.v2+json";
  const image = "application/vnd.docker.container.image.v1+json";
  const gzip = "application/vnd.docker.image.rootfs.diff.tar.gzip";
  const manifest = json({
    ...{ schemaVersion: 2, mediaType },
    config: { mediaType: image, size: config.length, digest: `sha256:${await digest(config)}` },
    layers: [{ mediaType: gzip, size: 50_000_000, digest: layer }],
  });
  const headers = {
    "content-type": mediaType,
    "docker-content-digest": `sha256:${await digest(manifest)}`,
  };
  const limited = { code: "TOOMANYREQUESTS", message: "you have reached your pull rate limit" };
  return webServer(({ url }) => {
    const { pathname } = new URL(url);
    if (pathname === "/v2/") return new Response("{}");
    if (pathname.startsWith("/v2/limited/")) {
      return Response.json({ errors: [limited] }, { status: 429 });
    }
    if (pathname.includes("/manifests/")) return new Response(manifest, { headers });
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
    await using registry = await mockRegistry();
    const create = async (image: string) => {
      const options = `image=${registry.url.slice("http://".length)}/${image}:1,network=host`;
      await space.fairlead(["create", "--name", image, "--driver-opt", options]);
    };
    const boot = async (image: string) => {
      await create(image);
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
      await create("slow");
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
  },
);
