import type { Typed } from "../../buildkit/solve_request.ts";

type Attrs = Readonly<Record<string, string>>;

/**
 * The outputs in the daemon's form. Each has the annotations, and an image has attributes of the
 * environment and of a build argument.
 * @param plain attestations are stored as image manifests, which older registries accept
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
