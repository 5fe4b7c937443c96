/**
 * The check of BuildKit's own image before a container runs it, as buildx does it with
 * `BUILDX_DEFAULT_POLICY`.
 */
import { errorText } from "../../../base/error_text.ts";
import { parseReference } from "../../../buildkit/registry/reference.ts";
import { docker } from "../../../transports/schemes/docker.ts";
import { BuilderError } from "../../builder_error.ts";
import { type MakeContext, step } from "../../making/maker.ts";
import { parsePlatform } from "../../platforms.ts";
import { engineOf } from "./names.ts";
import { type EngineInfo, imagePath } from "./image.ts";
import { ask, type NodeContainer } from "./node_container.ts";
import type { ContainerOptions } from "./options.ts";

/** The repository whose tags are verified. */
const REPOSITORY = "docker.io/moby/buildkit";

/**
 * The image that a container is made of: pinned to the verified digest where a check is due. An
 * engine without the containerd image store doesn't know the digest, and is trusted, as in buildx.
 * Throws `BuilderError`.
 */
export async function verifiedImage(
  at: NodeContainer,
  { image, allowUntrusted }: Pick<ContainerOptions, "image" | "allowUntrusted">,
  info: Promise<EngineInfo>,
  context: MakeContext,
): Promise<string> {
  const { verifyImage } = context;
  if (verifyImage === undefined || allowUntrusted || at.tool.kind !== "docker") return image;
  const { domain, path, tag, digest } = parseReference(image);
  const repository = `${domain}/${path}`;
  if (repository !== REPOSITORY) return image;
  const { Descriptor } = await ask(at, "GET", `/images/${imagePath(image)}/json`, context) as {
    readonly Descriptor?: { readonly digest?: string };
  };
  const found = Descriptor?.digest;
  if (found === undefined) return image;
  // A digest alone names no release, so the policy has nothing to say about it.
  if (tag === "" && digest !== "") return `${repository}@${found}`;
  const named = `${repository}:${tag || "latest"}`;
  const reference = `${named}@${found}`;
  try {
    return await step(context, `verifying image ${reference}`, async () => {
      const { OSType = "linux", Architecture = Deno.build.arch } = await info;
      const platform = parsePlatform(`${OSType}/${Architecture}`);
      const endpoint = docker.describe(engineOf(at.node, context.env));
      return `${named}@${await verifyImage({ reference, platform, endpoint })}`;
    });
  } catch (error) {
    context.signal.throwIfAborted();
    const reason = errorText(error);
    throw new BuilderError(`failed to verify image ${reference}: ${reason}`, {
      hint: "BUILDX_DEFAULT_POLICY demands the check; to skip it for this builder: " +
        "--driver-opt allow-untrusted-image=true",
      cause: error,
    });
  }
}
