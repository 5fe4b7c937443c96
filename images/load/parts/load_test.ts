/**
 * Which parts of an image are sent, and in which archive. The daemon and the engine are this test's
 * own, so that they can lie; tests/session/load_parts_test.ts has real ones.
 */
import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { tempFolder } from "../../../tests/harness/temp_folder.ts";
import { sha256Of } from "../../../buildkit/registry/digest.ts";
import { Code, RpcError } from "../../../buildkit/grpc/status.ts";
import { openImageLoader } from "../image_load.ts";
import type { Descriptor } from "../../../buildkit/registry/descriptor.ts";
import type { DaemonContent } from "./image.ts";
import { missingParts, type Parts, sendParts } from "./load.ts";

const context = {
  signal: new AbortController().signal,
  env: () => undefined,
  log: () => {},
  step: () => {},
};
const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

const LAYER = "application/vnd.oci.image.layer.v1.tar+gzip";
const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const INDEX = "application/vnd.oci.image.index.v1+json";

/**
 * A layer by its digest's first digit. The content is never read, unless it is put into the store.
 */
const layer = (digit: string, size = 16 << 20, mediaType = LAYER): Descriptor => ({
  mediaType,
  digest: `sha256:${digit.repeat(64)}`,
  size,
});

interface Store extends DaemonContent {
  readonly blobs: Map<string, Uint8Array>;
  put(mediaType: string, bytes: Uint8Array): Promise<Descriptor>;
}

function store(): Store {
  const blobs = new Map<string, Uint8Array>();
  return {
    blobs,
    async put(mediaType, bytes) {
      const digest = await sha256Of(bytes);
      blobs.set(digest, bytes);
      return { mediaType, digest, size: bytes.length };
    },
    async read(digest, onChunk) {
      const bytes = blobs.get(digest);
      if (bytes === undefined) throw new RpcError(Code.NOT_FOUND, `content ${digest}: not found`);
      for (let at = 0; at < bytes.length; at += 1000) await onChunk(bytes.subarray(at, at + 1000));
    },
  };
}

/** Puts an image into a store. The diff ID of a layer is `diff-` and its digit. */
async function put(store: Store, layers: readonly Descriptor[]): Promise<Descriptor> {
  const diffs = layers.map(({ digest }) => `diff-${digest.slice(-1)}`);
  const config = await store.put(
    "application/vnd.oci.image.config.v1+json",
    encode({ rootfs: { type: "layers", diff_ids: diffs } }),
  );
  return await store.put(MANIFEST, encode({ schemaVersion: 2, config, layers }));
}

const metadataOf = (root: Descriptor, names = "docker.io/library/app:1") => ({
  "containerimage.descriptor": encode(root).toBase64(),
  "containerimage.digest": root.digest,
  "containerimage.config.digest": root.digest,
  "image.name": names,
});

type Answer = (request: Request) => Response | Promise<Response>;

/** Runs with an engine that has images with these lists of diff IDs. */
async function withEngine(
  images: readonly (readonly string[])[],
  body: (host: string) => Promise<void>,
  answer: Answer = () => new Response("", { status: 404 }),
): Promise<void> {
  using folder = tempFolder();
  await using _server = Deno.serve({ path: `${folder.path}/s`, onListen() {} }, (request) => {
    const { pathname } = new URL(request.url);
    const id = (at: number) => `sha256:${String(at).repeat(64)}`;
    if (pathname === "/images/json") {
      return Response.json(images.map((_, at) => ({ Id: id(at), Created: at })));
    }
    const at = images.findIndex((_, at) => pathname === `/images/${id(at)}/json`);
    return at < 0 ? answer(request) : Response.json({ RootFS: { Layers: images[at] } });
  });
  await body(`unix://${folder.path}/s`);
}

const look = (content: DaemonContent, root: Descriptor, host: string, names?: string) =>
  missingParts(content, metadataOf(root, names), {
    target: { program: "docker", endpoint: { host }, hint: "" },
    containerd: false,
    context,
  });

/** The digits of the layers that are sent. */
const digits = (parts: Parts | undefined) =>
  parts?.blobs.filter(({ mediaType }) => mediaType === LAYER).map(({ digest }) => digest.at(-1))
    .join("");

Deno.test("the layers that are sent: all but those whose whole chain the engine has", async () => {
  const cases: [layers: string, images: string[], sent: string | undefined][] = [
    ["12", ["1"], "2"],
    ["12", ["13"], "2"],
    ["123", ["13", "124", "9"], "3"],
    // The whole chain is there, in an image with another configuration.
    ["12", ["123"], ""],
    // The layer is there, but above another one.
    ["12", ["32"], undefined],
    ["12", ["21"], undefined],
    ["12", [], undefined],
    // A layer in two places, one of which the engine doesn't have.
    ["121", ["12"], "1"],
    ["121", ["13"], undefined],
    ["1213", ["121"], "3"],
  ];
  for (const [layers, images, sent] of cases) {
    const content = store();
    const root = await put(content, [...layers].map((digit) => layer(digit)));
    const lists = images.map((text) => [...text].map((digit) => `diff-${digit}`));
    await withEngine(lists, async (host) => {
      const parts = await look(content, root, host);
      equal(digits(parts), sent, `${layers} into ${images}`);
      if (sent !== undefined) equal(parts!.left, (new Set(layers).size - sent.length) * (16 << 20));
    });
  }
});

Deno.test("an image whose parts can't be left out is sent whole", async () => {
  await withEngine([["diff-1", "diff-2"]], async (host) => {
    const nothing = async (content: DaemonContent, root: Descriptor, names?: string) =>
      equal(await look(content, root, host, names), undefined);
    const content = store();
    const usual = await put(content, [layer("1"), layer("3")]);
    ok(await look(content, usual, host), "the usual case is none of these");

    await nothing(content, await put(content, [layer("1", 1000), layer("3")]));
    const foreign = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
    await nothing(content, await put(content, [layer("1", 16 << 20, foreign), layer("3")]));
    await nothing(content, await put(content, [layer("1"), layer("3", 9 * 2 ** 30)]));
    await nothing(content, usual, "a?b#c");
    await nothing(content, await content.put(MANIFEST, encode({ layers: [layer("1")] })));
    await nothing(content, await content.put(MANIFEST, encode(null)));
    await nothing(content, { ...usual, digest: "sha256:none" });
    await nothing(content, { ...usual, digest: "../../etc/passwd" });
    await nothing(content, { ...usual, size: 1 << 30 });
    const two = { manifests: [usual, await put(content, [layer("1"), layer("4")])] };
    await nothing(content, await content.put(INDEX, encode(two)));
    const itself = { mediaType: INDEX, digest: `sha256:${"e".repeat(64)}`, size: 1 << 20 };
    content.blobs.set(itself.digest, encode({ manifests: [itself] }));
    await nothing(content, itself);

    // A daemon that hands out another manifest, or none.
    content.blobs.set(usual.digest, encode({ config: layer("5"), layers: [layer("1")] }));
    await nothing(content, usual);
    const old = { read: () => Promise.reject(new RpcError(Code.UNIMPLEMENTED, "unknown service")) };
    await nothing(old, usual);
  });
});

Deno.test("an engine that doesn't answer costs no load", async () => {
  const content = store();
  const root = await put(content, [layer("1"), layer("3")]);
  equal(await look(content, root, "unix:///none/at/all"), undefined);
});

Deno.test("the archive: an OCI layout with docker's manifest, and without the layers", async () => {
  const content = store();
  const small = await content.put(LAYER, crypto.getRandomValues(new Uint8Array(1234)));
  const large = await content.put(LAYER, new Uint8Array(300_000).fill(7));
  const root = await put(content, [layer("1"), small, large, small]);
  await withEngine([["diff-1"]], async (host) => {
    const parts = await look(content, root, host, "docker.io/library/app:1,r.example:5000/b:2");
    using folder = tempFolder();
    const dir = folder.path;
    const file = Deno.openSync(`${dir}/tar`, { create: true, write: true });
    await sendParts(content, parts!, {
      write: (bytes) => void file.writeSync(bytes),
      close: () => Promise.resolve(file.close()),
      abort: () => Promise.resolve(),
    });
    const { stdout } = await new Deno.Command("tar", { args: ["-tf", "tar"], cwd: dir }).output();
    const names = new TextDecoder().decode(stdout).trim().split("\n");
    equal(names.length, new Set(names).size, "each member is there once");
    await new Deno.Command("tar", { args: ["-xf", "tar"], cwd: dir }).output();
    const read = (name: string) => JSON.parse(Deno.readTextFileSync(`${dir}/${name}`));
    for (const { digest } of [root, small, large]) {
      const bytes = Deno.readFileSync(`${dir}/blobs/${digest.replace(":", "/")}`);
      equal(await sha256Of(bytes), digest);
    }
    ok(!names.includes(`blobs/sha256/${"1".repeat(64)}`));
    deepEqual(read("oci-layout"), { imageLayoutVersion: "1.0.0" });
    const [{ Config, RepoTags, Layers }] = read("manifest.json");
    deepEqual(RepoTags, ["docker.io/library/app:1", "r.example:5000/b:2"]);
    deepEqual(read(Config).rootfs.diff_ids.length, 4);
    deepEqual(Layers.map((name: string) => name.slice(-64)), [
      ...["1".repeat(64), small.digest.slice(7), large.digest.slice(7), small.digest.slice(7)],
    ]);
    const annotations = read("index.json").manifests.map((one: Descriptor) => one.annotations);
    deepEqual(annotations, [
      {
        "io.containerd.image.name": "docker.io/library/app:1",
        "org.opencontainers.image.ref.name": "1",
      },
      {
        "io.containerd.image.name": "r.example:5000/b:2",
        "org.opencontainers.image.ref.name": "2",
      },
    ]);
  });
});

Deno.test("a layer that the daemon hands out damaged is never completed", async () => {
  for (const size of [299_999, 300_001]) {
    const content = store();
    const large = await content.put(LAYER, new Uint8Array(300_000).fill(7));
    const root = await put(content, [layer("1"), large]);
    content.blobs.set(large.digest, new Uint8Array(size));
    await withEngine([["diff-1"]], async (host) => {
      const parts = await look(content, root, host);
      const ends: string[] = [];
      await rejects(sendParts(content, parts!, {
        write() {},
        close: async () => void await ends.push("closed"),
        abort: async () => void await ends.push("aborted"),
      }));
      deepEqual(ends, ["aborted"]);
    });
  }
});

Deno.test("an engine that refuses the parts gets the whole image", async () => {
  const content = store();
  const small = await content.put(LAYER, new Uint8Array(1000));
  const root = await put(content, [layer("1"), small]);
  let loads = 0;
  await withEngine([["diff-1"]], async (host) => {
    const target = { program: "docker", endpoint: { host }, hint: "" } as const;
    const loader = await openImageLoader(target, context);
    const texts: string[] = [];
    const left: number[] = [];
    const report = {
      progress: ({ text }: { text: string }) => void texts.push(text),
      leftOut: (bytes: number) => void left.push(bytes),
    };
    const sink = await loader.output(["app:1"], report, content).open(metadataOf(root));
    await sink.write(new Uint8Array(100));
    await sink.close();
    deepEqual(texts, ["docker no longer has a layer of the image: everything is sent"]);
    deepEqual(left, [16 << 20, 0]);
    equal(loads, 2);
  }, async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/info") return Response.json({});
    if (pathname !== "/images/load") return new Response("", { status: 404 });
    await request.bytes();
    return Response.json(
      loads++ === 0 ? { error: "open blobs/sha256/1: no such file" } : { stream: "Loaded image" },
    );
  });
});
