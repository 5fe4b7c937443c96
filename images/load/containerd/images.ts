import { Code, RpcError } from "../../../buildkit/grpc/status.ts";
import { ImagesDefinition as Images } from "../../../proto/gen/containerd_images.ts";
import type { Calls } from "./client.ts";
import type { Descriptor } from "../../../buildkit/registry/descriptor.ts";

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
