import type { Typed } from "../../buildkit/solve_request.ts";

type Attrs = Readonly<Record<string, string>>;

/**
 * The outputs as they are asked of the daemon: each with the annotations, and an image with what the
 * environment and an argument say of images.
 * @param plain attestations are manifests of images, which older registries take
 */
export function exportersOf(
  outputs: readonly Typed[],
  { annotated, args, plain }: {
    readonly annotated: Attrs;
    readonly args: Attrs;
    readonly plain: boolean;
  },
): Typed[] {
  const info = args["BUILDKIT_INLINE_BUILDINFO_ATTRS"];
  return outputs.map(({ type, attrs }) => ({
    type,
    attrs: {
      ...plain && ["image", "oci", "moby"].includes(type) && { "oci-artifact": "false" },
      ...attrs,
      ...info !== undefined && ["image", "oci", "docker"].includes(type) &&
        { "buildinfo-attrs": info },
      ...annotated,
    },
  }));
}
