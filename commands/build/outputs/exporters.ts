import type { Typed } from "../../../buildkit/solve_request.ts";
import type { Env } from "../../../transports/transport.ts";
import { isTrue } from "../../program/switch.ts";

type Attrs = Readonly<Record<string, string>>;

/**
 * The outputs as they are asked of the daemon: each with the annotations, and an image with what the
 * environment and an argument say of images. Throws `UsageError`.
 */
export function exportersOf(
  outputs: readonly Typed[],
  { annotated, args, env }: { readonly annotated: Attrs; readonly args: Attrs; readonly env: Env },
): Typed[] {
  const plain = isTrue("BUILDX_NO_DEFAULT_OCI_ARTIFACT", env);
  const info = args["BUILDKIT_INLINE_BUILDINFO_ATTRS"];
  return outputs.map(({ type, attrs }) => ({
    type,
    attrs: {
      // Attestations as manifests of images, which older registries take.
      ...plain && ["image", "oci", "moby"].includes(type) && { "oci-artifact": "false" },
      ...attrs,
      ...info !== undefined && ["image", "oci", "docker"].includes(type) &&
        { "buildinfo-attrs": info },
      ...annotated,
    },
  }));
}
