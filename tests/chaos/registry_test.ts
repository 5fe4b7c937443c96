/**
 * One fault at each request of a copy between registries, and of the index of a build on several
 * nodes: the work still succeeds. In front of a real docker-registry; `FAIRLEAD_CHAOS_SEED` repeats
 * a run, `FAIRLEAD_CHAOS=long` tries every pair of request and fault.
 */
import { equal } from "node:assert/strict";
import { takeTurns } from "../../base/async.ts";
import { mediaTypes } from "../../buildkit/registry/descriptor.ts";
import type { Registries } from "../../buildkit/registry/registry.ts";
import { pushIndex } from "../../builds/nodes/join.ts";
import { createImage } from "../../images/create_image.ts";
import { parseLocation } from "../../images/location.ts";
import { publish } from "../../images/publish.ts";
import { openRepositories } from "../../images/repositories.ts";
import { parseSources } from "../../images/sources.ts";
import { localVertexes } from "../../progress/local.ts";
import { copier } from "../../images/copy.ts";
import { type Registry, startRegistry } from "../harness/registry.ts";
import { skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";
import { blob, client, json, pushImage, ref } from "../registry/world.ts";
import { type Fault, faultProxy, FAULTS } from "./http_fault_proxy.ts";
import { chaos, type Tally, tally } from "./tally.ts";

const ignore = skip(await missing("docker-registry", "perl"));
const test = (name: string, fn: Deno.TestDefinition["fn"]) => Deno.test({ name, ignore, fn });
const login = { user: "me", password: "p4ss" };
const credential = { username: login.user, secret: login.password };
/** Milliseconds in which everything on a busy machine answers; a stall costs as much. */
const PATIENCE = 4000, PATIENCE_FOR_LARGE = 12_000;

/** Work over registries that a proxy spoils. Gives the name of the image that it made. */
interface Scenario {
  readonly name: string;
  readonly upstream: Registry;
  /** Milliseconds. Default `PATIENCE`. */
  readonly patience?: number;
  run(registries: Registries, host: string, repository: string): Promise<void>;
  /** Throws where the image is incomplete. */
  check(registries: Registries, repository: string): Promise<void>;
}

const nothing = localVertexes(() => {}, Date.now);

/** Uploads have ids, and each try has a repository of its own. */
function nameOf(repository: string) {
  return (request: string) =>
    request
      .replaceAll(repository, "NEW")
      .replace(/uploads\/[0-9a-f-]{36}\?.*?(&digest=.*)?$/, "uploads/ID?$1");
}

async function trial(
  scenario: Scenario,
  count: Tally,
  plan?: { readonly request: string; readonly fault: Fault },
): Promise<readonly string[]> {
  const repository = `r${crypto.randomUUID().slice(0, 8)}`;
  await using proxy = faultProxy(scenario.upstream.host, nameOf(repository), plan);
  const { patience = PATIENCE } = scenario;
  using registries = client({ login: credential, patience });
  using direct = client({ login: credential });
  const about = plan && `${scenario.name}: ${plan.fault} at ${plan.request}`;
  await count.run(about, async () => {
    await scenario.run(registries, proxy.host, repository);
    await scenario.check(direct, repository);
  });
  if (plan !== undefined && !proxy.spoilt) count.missed();
  return proxy.requests;
}

/** @param most how many pairs of request and fault the short version tries */
async function campaign(scenario: Scenario, most: number): Promise<void> {
  const { pick, isLong, seed } = chaos();
  // A stalled upload takes five times the patience, and is repeated.
  const count = tally(scenario.name, 15 * (scenario.patience ?? PATIENCE));
  // The order of requests isn't the same each time, and which of two repositories has a blob first.
  const requests = new Set([...await trial(scenario, count), ...await trial(scenario, count)]);
  const plans = [...requests].flatMap((request) => FAULTS.map((fault) => ({ request, fault })));
  const chosen = isLong ? plans : pick(plans, most);
  const turns = takeTurns(8);
  await Promise.all(chosen.map((plan) => turns(() => trial(scenario, count, plan))));
  count.print(seed);
  equal(count.problems.join("\n"), "");
}

/** Images in one registry: of two platforms, one of them signed, and one with a large layer. */
async function sourceImages() {
  const source = await startRegistry();
  const name = `${source.host}/a:1`;
  using registries = client({ login: credential });
  const image = await pushImage(registries, name, { layer: 300 });
  await pushImage(registries, `${source.host}/a:2`, { platform: "arm64", layer: 200 });
  await pushImage(registries, `${source.host}/large:1`, { layer: 9 << 20 });
  return { source, name, signature: await addSignature(registries, name, image.descriptor) };
}

/** As `imagetools create` does it. */
async function create(registries: Registries, targets: string[], names: string[]): Promise<void> {
  const repositories = openRepositories(registries, "/");
  const tags = targets.map(parseLocation);
  const sources = parseSources(names, tags);
  await publish(await createImage(sources, {}, repositories), tags, repositories, nothing, false);
}

test("imagetools create: one fault at any request to the target is held", async () => {
  const { source, name, signature } = await sourceImages();
  await using _ = source;
  await using target = await startRegistry({ password: login });
  await campaign({
    ...{ name: "imagetools create", upstream: target },
    run: (registries, host, repository) =>
      create(registries, [`${host}/${repository}:1`, `${host}/${repository}:2`], [
        name,
        `${source.host}/a:2`,
      ]),
    async check(registries, repository) {
      for (const tag of ["1", "2"]) {
        await wholeImage(registries, `${target.host}/${repository}:${tag}`, 2);
      }
      await registries.reader(ref(`${target.host}/${repository}`)).fetch(signature.descriptor);
    },
  }, 60);
});

test("imagetools create of a large layer: one fault at any request is held", async () => {
  const { source } = await sourceImages();
  await using _ = source;
  await using target = await startRegistry({ password: login });
  await campaign({
    ...{ name: "imagetools create, of a large layer", upstream: target },
    patience: PATIENCE_FOR_LARGE,
    run: (registries, host, repository) =>
      create(registries, [`${host}/${repository}:1`], [`${source.host}/large:1`]),
    check: (registries, repository) => wholeImage(registries, `${target.host}/${repository}:1`, 1),
  }, 12);
});

test("imagetools create: one fault at any request to the source is held", async () => {
  const { source } = await sourceImages();
  await using _ = source;
  await using target = await startRegistry({ password: login });
  await campaign({
    ...{ name: "imagetools create, from a registry that stumbles", upstream: source },
    patience: PATIENCE_FOR_LARGE,
    run: (registries, host, repository) =>
      create(registries, [`${target.host}/${repository}:1`], [`${host}/a:1`, `${host}/large:1`]),
    check: (registries, repository) => wholeImage(registries, `${target.host}/${repository}:1`, 2),
  }, 24);
});

test("the push of a build on several nodes: one fault at any request is held", async () => {
  await using registry = await startRegistry({ password: login });
  // The nodes push their parts by themselves.
  using nodes = client({ login: credential });
  const parts = await Promise.all(["amd64", "arm64"].map(async (platform) => {
    const name = `${registry.host}/parts:${platform}`;
    return { name, ...await pushImage(nodes, name, { platform }) };
  }));
  const descriptors = parts.map(({ descriptor }) => descriptor);
  await campaign({
    ...{ name: "build on several nodes", upstream: registry },
    async run(registries, host, repository) {
      const to = parseLocation(`${registry.host}/${repository}`);
      const { copy } = copier(openRepositories(nodes, "/"), to);
      for (const { name, descriptor } of parts) await copy(descriptor, parseLocation(name));
      const names = `${host}/${repository}:1,${host}/${repository}:2`;
      await pushIndex(registries, descriptors, { name: names });
    },
    async check(registries, repository) {
      for (const tag of ["1", "2"]) {
        await wholeImage(registries, `${registry.host}/${repository}:${tag}`, 2);
      }
    },
  }, 36);
});

/** Reads all of an image, which must have so many manifests. */
async function wholeImage(registries: Registries, name: string, count: number): Promise<void> {
  const reader = registries.reader(ref(name));
  const top = await reader.resolve(ref(name));
  const { manifests } = JSON.parse(new TextDecoder().decode(await reader.fetch(top)));
  for (const manifest of manifests) {
    const { config, layers } = JSON.parse(new TextDecoder().decode(await reader.fetch(manifest)));
    for (const part of [config, ...layers]) await reader.fetch(part);
  }
  equal(manifests.length, count);
}

async function addSignature(registries: Registries, name: string, subject: object) {
  const to = registries.writer(ref(name));
  const artifactType = "application/vnd.dev.cosign.artifact.sig.v1+json";
  const config = await json("application/vnd.oci.empty.v1+json", {});
  const layer = await blob(50);
  for (const { descriptor, bytes } of [config, layer]) {
    await to.putBlob(descriptor, () => Promise.resolve(new Blob([bytes]).stream()));
  }
  const manifest = await json(mediaTypes.ociManifest, {
    ...{ schemaVersion: 2, mediaType: mediaTypes.ociManifest, artifactType, subject },
    ...{ config: config.descriptor, layers: [layer.descriptor] },
  });
  await to.putManifest(manifest.descriptor, manifest.bytes);
  const index = await json(mediaTypes.ociIndex, {
    ...{ schemaVersion: 2, mediaType: mediaTypes.ociIndex },
    manifests: [{ ...manifest.descriptor, artifactType }],
  });
  const { digest } = subject as { digest: string };
  await to.putManifest(index.descriptor, index.bytes, digest.replace(":", "-"));
  return manifest;
}
