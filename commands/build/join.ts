/** An image that several nodes have pushed, each its part by digest: their index, under its tags. */
import { formatPlatform, parsePlatform } from "../../builders/platforms.ts";
import type { Descriptor } from "../../buildkit/registry/descriptor.ts";
import { parseReference, withDefaultTag } from "../../buildkit/registry/reference.ts";
import { openRegistries, type Registries } from "../../buildkit/registry/registry.ts";
import type { Typed } from "../../buildkit/solve_request.ts";
import { combinedIndex, type IndexAnnotations } from "../combined_index.ts";
import { logins } from "../logins.ts";
import type { JobContext } from "./job.ts";
import type { Answers } from "./result.ts";
import { isOn, pushed } from "./split.ts";

type Attrs = Readonly<Record<string, string>>;

/**
 * What a target's nodes answered, as one. Where they pushed an image, the index of their parts is
 * pushed under each of its names, and its digest is all there is to say, as buildx has it; else it is
 * what the first node said. Throws `RegistryError`.
 */
export async function joinParts(
  parts: readonly Answers[],
  exporters: readonly Typed[],
  { deps, shared, progress }: Pick<JobContext, "deps" | "shared" | "progress">,
): Promise<Answers> {
  const image = pushed(exporters);
  const descriptors = parts.flatMap(descriptorOf);
  if (image === undefined || descriptors.length === 0) return parts[0]!;
  const vertex = shared.local.start(`merging manifest list ${image.attrs["name"]}`);
  try {
    const warn = (line: string) => progress.note(`WARNING: ${line}`);
    const names = image.attrs["name"]!.split(",").map(parseReference);
    using registries = openRegistries({
      credentials: logins(deps.env, warn),
      signal: deps.signal,
      ...isOn(image.attrs["registry.insecure"]) && {
        configs: new Map(names.map(({ domain }) => [domain, { http: true, insecure: true }])),
      },
    });
    const digest = await pushIndex(registries, descriptors, image.attrs);
    vertex.done();
    return { "containerimage.digest": digest };
  } catch (error) {
    vertex.fail(error);
    throw error;
  }
}

async function pushIndex(
  registries: Registries,
  descriptors: readonly Descriptor[],
  attrs: Attrs,
): Promise<string> {
  const names = attrs["name"]!.split(",").map(parseReference);
  const from = registries.reader(names[0]!);
  const sources = await Promise.all(descriptors.map(async (descriptor) => ({
    descriptor,
    bytes: await from.fetch(descriptor),
  })));
  const { descriptor, bytes } = await combinedIndex(sources, indexAnnotations(attrs));
  for (const name of names) {
    // By digest alone where that was asked for; buildx would give it the tag `latest`.
    const tag = isOn(attrs["push-by-digest"]) ? "" : withDefaultTag(name).tag;
    await registries.writer(name).putManifest(descriptor, bytes, tag);
  }
  return descriptor.digest;
}

function descriptorOf(answers: Answers): Descriptor[] {
  const text = answers["containerimage.descriptor"];
  if (text === undefined) return [];
  return [JSON.parse(new TextDecoder().decode(Uint8Array.fromBase64(text)))];
}

const ANNOTATION = /^annotation-(index|manifest-descriptor)(?:\[([^\]]*)\])?\.(\S+)$/;

/** Those of the exporter's attributes that concern the index as a whole. */
function indexAnnotations(attrs: Attrs): IndexAnnotations {
  const index: Record<string, string> = {};
  const descriptors: { platform?: string | undefined; key: string; value: string }[] = [];
  for (const [name, value] of Object.entries(attrs)) {
    const [, type, on, key] = ANNOTATION.exec(name) ?? [];
    if (type === "index") index[key!] = value;
    if (type !== "manifest-descriptor") continue;
    const platform = on ? formatPlatform(parsePlatform(on)) : undefined;
    descriptors.push({ platform, key: key!, value });
  }
  return { index, descriptors };
}
