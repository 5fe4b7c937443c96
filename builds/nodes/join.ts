/**
 * Joins an image whose parts several nodes have pushed by digest: pushes their index under its
 * tags.
 */
import { registryConfigs } from "../../builders/store/registry_configs.ts";
import { type Descriptor, exportedDescriptor } from "../../buildkit/registry/descriptor.ts";
import type { RegistryConfig } from "../../buildkit/registry/hosts.ts";
import { openRegistries, type Registries } from "../../buildkit/registry/registry.ts";
import { RegistryError } from "../../buildkit/registry/registry_error.ts";
import type { Typed } from "../../buildkit/solve_request.ts";
import { annotationsOf } from "../../images/annotations.ts";
import { combine, readSource } from "../../images/combine.ts";
import { parseLocation } from "../../images/location.ts";
import { openRepositories } from "../../images/repositories.ts";
import { clearLogins, logins } from "../../cli/builders/logins.ts";
import type { JobContext } from "../running/job.ts";
import type { Answers } from "../results/result.ts";
import { isTrueAttr, pushed } from "./split.ts";

type Attrs = Readonly<Record<string, string>>;

/**
 * Joins the answers of a target's nodes. Where they pushed an image, the index of its parts is
 * pushed under each of its names. The answer is then the index's digest alone, as with buildx.
 * Otherwise the first node's answers count. Throws `RegistryError`.
 */
export async function joinParts(
  parts: readonly Answers[],
  exporters: readonly Typed[],
  context: Pick<JobContext, "deps" | "builder" | "shared" | "progress">,
): Promise<Answers> {
  const image = pushed(exporters);
  const descriptors = parts.flatMap((answers) => exportedDescriptor(answers) ?? []);
  if (image === undefined || descriptors.length === 0) return parts[0]!;
  const vertex = context.shared.local.start(`merging manifest list ${image.attrs["name"]}`);
  try {
    using registries = await registriesFor(image.attrs, descriptors, context);
    const digest = await pushIndex(registries, descriptors, image.attrs);
    vertex.done();
    return { "containerimage.digest": digest };
  } catch (error) {
    vertex.fail(error);
    throw error;
  }
}

async function registriesFor(
  attrs: Attrs,
  [part]: readonly Descriptor[],
  { deps, builder, progress }: Pick<JobContext, "deps" | "builder" | "progress">,
): Promise<Registries> {
  const known = registryConfigs(builder);
  const warn = (line: string) => progress.note(`WARNING: ${line}`);
  const credentials = logins(deps, warn);
  const open = (configs: ReadonlyMap<string, RegistryConfig>) =>
    openRegistries({ credentials, configs, clearLogins: clearLogins(deps), signal: deps.signal });
  if (!isTrueAttr(attrs["registry.insecure"])) return open(known);
  const configs = new Map(known);
  for (const { ref } of namesOf(attrs)) {
    const byTls = { http: false, ...known.get(ref.domain), insecure: true };
    using registries = open(new Map([[ref.domain, byTls]]));
    // The nodes accepted any certificate, and plain HTTP where the registry has no TLS.
    const http = byTls.http || await registries.writer(ref).has(part!).then(() => false, lacksTls);
    configs.set(ref.domain, { ...byTls, http });
  }
  return open(configs);
}

function lacksTls(error: unknown): boolean {
  return error instanceof RegistryError && error.code === "tls";
}

/** Pushes the index of the parts under the names of an image's attributes. Returns its digest. */
export async function pushIndex(
  registries: Registries,
  descriptors: readonly Descriptor[],
  attrs: Attrs,
): Promise<string> {
  const names = namesOf(attrs);
  const repositories = openRepositories(registries, "");
  const sources = await Promise.all(
    descriptors.map((descriptor) => readSource(repositories, { location: names[0]!, descriptor })),
  );
  // Other annotations belong to the parts, and the nodes have set them.
  const annotations = annotationsOf(attrs)
    .filter(({ type }) => type === "index" || type === "manifest-descriptor");
  const { descriptor, bytes } = await combine(sources, annotations, false);
  for (const name of names) {
    // By digest alone where the output says so; buildx would add the tag `latest`.
    const tag = isTrueAttr(attrs["push-by-digest"]) ? "" : name.ref.tag;
    await repositories.writer(name).putManifest(descriptor, bytes, tag);
  }
  return descriptor.digest;
}

/** The references of an image in registries. */
function namesOf(attrs: Attrs) {
  return attrs["name"]!.split(",").flatMap((name) => {
    const location = parseLocation(name);
    return location.kind === "registry" ? [location] : [];
  });
}
