/** Names an image in containerd, and keeps its parts. */
import { Code, RpcError } from "../../../buildkit/grpc/status.ts";
import { ImagesDefinition as Images } from "../../../proto/gen/containerd_images.ts";
import { ContentDefinition as Content } from "../../../proto/gen/content.ts";
import type { Calls } from "./client.ts";
import { type Descriptor, isIndex, isManifest } from "../../../buildkit/registry/descriptor.ts";

/** The longest manifest or index that is read, in bytes. */
const LONGEST = 8 << 20;

/** The fields of a manifest or an index that name other content. */
interface Parent {
  readonly manifests?: readonly Descriptor[];
  readonly config?: Descriptor;
  readonly layers?: readonly Descriptor[];
}

/** Gives a name to an image; another image loses the name. */
export async function nameImage(
  { channel, metadata, signal }: Calls,
  name: string,
  { mediaType, digest, size }: Descriptor,
): Promise<void> {
  const target = { mediaType, digest, size: BigInt(size), annotations: {} };
  const image = { name, labels: {}, target };
  const options = { metadata, signal };
  try {
    await channel.unary(Images, Images.methods.create, { image }, options);
  } catch (error) {
    if (!(error instanceof RpcError) || error.code !== Code.ALREADY_EXISTS) throw error;
    const request = { image, updateMask: ["target"] };
    await channel.unary(Images, Images.methods.update, request, options);
  }
}

/**
 * Labels a manifest or index, and those below it, with their parts. containerd keeps a blob while a
 * kept blob has a label `containerd.io/gc.ref.content.…` with its digest.
 */
export async function holdChildren(calls: Calls, target: Descriptor): Promise<void> {
  if (!isIndex(target.mediaType) && !isManifest(target.mediaType)) return;
  const parent: Parent = JSON.parse(new TextDecoder().decode(await readBlob(calls, target)));
  const children = Object.entries({
    m: parent.manifests ?? [],
    config: parent.config ? [parent.config] : [],
    l: parent.layers ?? [],
  });
  const labels: Record<string, string> = {};
  for (const [kind, list] of children) {
    for (const [at, child] of list.entries()) {
      const key = kind === "config" ? kind : `${kind}.${at}`;
      labels[`containerd.io/gc.ref.content.${key}`] = child.digest;
    }
  }
  const { channel, metadata, signal } = calls;
  await channel.unary(Content, Content.methods.update, {
    info: { digest: target.digest, size: 0n, createdAt: undefined, updatedAt: undefined, labels },
    updateMask: Object.keys(labels).map((key) => `labels.${key}`),
  }, { metadata, signal });
  for (const manifest of parent.manifests ?? []) await holdChildren(calls, manifest);
}

async function readBlob(
  { channel, metadata, signal }: Calls,
  { digest, size }: Descriptor,
): Promise<Uint8Array> {
  if (size > LONGEST) throw new Error(`${digest} has ${size} bytes: it is not a manifest`);
  const blob = new Uint8Array(size);
  let at = 0;
  const request = { digest, offset: 0n, size: 0n };
  await channel.serverStream(Content, Content.methods.read, request, ({ data }) => {
    blob.set(data, at);
    at += data.length;
  }, { metadata, signal });
  return blob.subarray(0, at);
}
