/**
 * `--load` sends each engine only what it lacks of all sorts of images, and buildx would load the
 * same images.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import { sha256Of } from "../../buildkit/registry/digest.ts";
import { type Workspace, workspace } from "../build/workspace.ts";
import { succeeds } from "../harness/ended.ts";
import { sharedBuildkitd } from "../harness/shared.ts";
import {
  BIG,
  type Engine,
  type Kind,
  kinds,
  load,
  MIB,
  outputWords,
  proxyOf,
  reason,
  savedFiles,
  writeBig,
} from "./load_engines.ts";

const address = reason === undefined ? (await sharedBuildkitd()).address : "";

interface Case {
  readonly name: string;
  /** The Dockerfile. `small` changes between the two loads. */
  readonly dockerfile: string;
  /** The Dockerfile of the second load, if it is another one. */
  readonly then?: string;
  readonly args?: readonly string[];
  /** Whether the second load sends the big layer again. */
  readonly sendsAll?: true | ((kind: Kind) => boolean);
  /**
   * The files of the second image, from the lowest layer; undefined where the engine can't save it.
   */
  readonly files?: readonly string[];
  readonly only?: (kind: Kind) => boolean;
}

const COPIES = "FROM scratch\nCOPY big /\nCOPY small /\n";
const linked = (...names: string[]) =>
  `FROM scratch\n${names.map((name) => `COPY --link ${name} /\n`).join("")}`;
const FOREIGN = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip";

const cases: readonly Case[] = [
  {
    name: "squashed: all files are one layer, which changes",
    dockerfile: "FROM scratch AS all\nCOPY big small /\nFROM scratch\nCOPY --from=all / /\n",
    sendsAll: true,
    files: ["big", "small"],
  },
  {
    name: "squashed: a layer above stays alone",
    dockerfile:
      "FROM scratch AS all\nCOPY big same /\nFROM scratch\nCOPY --from=all / /\nCOPY small /\n",
    files: ["big", "same", "small"],
  },
  {
    name: "squashed: the engine has the same files in several layers",
    dockerfile: COPIES,
    then: "FROM scratch AS all\nCOPY big small /\nFROM scratch\nCOPY --from=all / /\n",
    sendsAll: true,
    files: ["big", "small"],
  },
  {
    name: "empty layers, and steps without a layer",
    dockerfile:
      "FROM busybox\nENV A=1\nCOPY big /\nRUN true\nLABEL b=2\nCOPY small /\nRUN true\nUSER 1\n",
  },
  {
    name: "a layer twice, one above the other",
    dockerfile: linked("big", "big", "small"),
    files: ["big", "big", "small"],
  },
  {
    name: "a layer twice, of which the engine has one place",
    dockerfile: linked("small", "big"),
    then: linked("big", "small", "big"),
    sendsAll: ({ program, indexes }) => program !== "containerd" && !indexes,
    files: ["big", "small", "big"],
  },
  {
    name: "foreign layers become usual ones",
    dockerfile: "FROM base\nCOPY small /\n",
    args: ["--build-context=base=oci-layout://base"],
    files: ["big", "small"],
  },
  {
    name: "foreign layers that stay foreign",
    dockerfile: "FROM base\nCOPY small /\n",
    args: ["--build-context=base=oci-layout://base", "--attrs=prefer-nondist-layers=true"],
  },
  {
    name: "platforms and attestations",
    dockerfile: COPIES,
    args: ["--platform=linux/amd64,linux/arm64", "--provenance=mode=max"],
    only: ({ indexes }) => indexes === true,
  },
  {
    name: "attestations of one platform",
    dockerfile: COPIES,
    args: ["--provenance=mode=max"],
    only: ({ indexes }) => indexes === true,
    files: ["big", "small"],
  },
];

/** An OCI layout `base`, whose image has `big` in a foreign layer. */
async function writeForeign(space: Workspace): Promise<void> {
  space.write({ "base.Dockerfile": "FROM scratch\nCOPY big /\n" });
  await succeeds(space.inside(
    ["build", "-f", "base.Dockerfile", "-o", "type=oci,tar=false,dest=base", "ctx"],
  ));
  const blob = (digest: string) => `base/blobs/${digest.replace(":", "/")}`;
  const index = JSON.parse(space.read("base/index.json"));
  let entry = index.manifests[0];
  for (let inner; (inner = JSON.parse(space.read(blob(entry.digest))).manifests) !== undefined;) {
    entry = inner[0];
  }
  const manifest = JSON.parse(space.read(blob(entry.digest)));
  for (const layer of manifest.layers) {
    layer.mediaType = FOREIGN;
    layer.urls = ["https://example.com/layer"];
  }
  const text = JSON.stringify(manifest);
  const digest = await sha256Of(new TextEncoder().encode(text));
  const changed = { mediaType: entry.mediaType, digest, size: text.length };
  const annotations = { "org.opencontainers.image.ref.name": "latest" };
  space.write({
    [blob(digest)]: text,
    "base/index.json": JSON.stringify({ ...index, manifests: [{ ...changed, annotations }] }),
  });
}

/** The ID of the image as buildx loads it, into an engine that doesn't have it yet. */
async function idOfBuildx(
  { program, indexes }: Kind,
  engine: Engine,
  space: Workspace,
  args: readonly string[],
): Promise<string> {
  // buildx loads into docker alone. Podman has docker's IDs, and containerd those of the OCI
  // format.
  const type = program === "containerd" ? "oci" : "docker";
  const file = program === "docker" ? "" : ",dest=x.tar";
  await succeeds(space.buildx(
    ["build", ...outputWords(`type=${type}${file}`, args), "--metadata-file=meta", "ctx"],
    { DOCKER_HOST: engine.address },
  ));
  if (program === "docker") return await engine.idOf("x");
  const meta = JSON.parse(space.read("meta"));
  return meta[indexes ? "containerimage.digest" : "containerimage.config.digest"];
}

for (const kind of kinds) {
  Deno.test({ name: `${kind.name}: images of all sorts`, ignore: kind.ignore }, async (t) => {
    await using engine = await kind.start();
    await using proxy = await proxyOf(kind, engine);
    await using space = await workspace(address);
    writeBig(space, "big");
    await writeForeign(space);
    const change = () => space.write({ "ctx/small": crypto.randomUUID() });
    for (const { name, dockerfile, then, args = [], sendsAll, files, only } of cases) {
      if (only && !only(kind)) continue;
      await t.step(name, async () => {
        space.write({ "ctx/Dockerfile": dockerfile, "ctx/same": "same" });
        change();
        const words = ["--tag=x", ...args];
        await load(kind, space, proxy, ...words);
        change();
        space.write({ "ctx/Dockerfile": then ?? dockerfile });
        const { sent } = await load(kind, space, proxy, ...words, `--iidfile=${space.path("id")}`);
        const attests = args.some((word) => word.startsWith("--provenance"));
        const all = typeof sendsAll === "function" ? sendsAll(kind) : sendsAll === true;
        ok(all ? sent > BIG : sent < MIB, `${sent} bytes were sent`);
        const id = await engine.idOf("x");
        // containerd knows an image by its manifest, and the file has its configuration.
        if (kind.program !== "containerd") equal(id, space.read("id"));
        if (files) deepEqual(await savedFiles(engine, space, "x"), files);
        await engine.clear();
        // An attestation has the time, so no second image has its ID.
        if (!attests) equal(id, await idOfBuildx(kind, engine, space, words));
        await engine.clear();
      });
    }

    await t.step("two loads at once, and images that are removed in between", async () => {
      const builds = (name: string) => async (most?: number) => {
        await using other = await workspace(address);
        Deno.mkdirSync(other.path("ctx"));
        Deno.linkSync(space.path("ctx/big"), other.path("ctx/big"));
        other.write({ "ctx/Dockerfile": COPIES, "ctx/small": crypto.randomUUID() });
        const { sent } = await load(kind, other, proxy, "-t", name);
        if (most !== undefined) ok(sent < most, `${sent} bytes were sent`);
        deepEqual(await savedFiles(engine, other, name), ["big", "small"]);
        return sent;
      };
      const [one, two, three] = [builds("one"), builds("two"), builds("three")];
      await Promise.all([one(), two()]);
      await engine.remove("one");
      await three(MIB);
      await engine.clear();
      ok(await one() > BIG, "nobody has the layer any more");
    });
  });
}
