/** Decides whether BuildKit's image is verified before a builder is made of it. */
import { isOn } from "../base/env_bool.ts";
import type { VerifyImage } from "../builders/making/maker.ts";
import type { Deps } from "../cli/deps.ts";

/** The check by the default policy; undefined unless `BUILDX_DEFAULT_POLICY` asks for it. */
export function imageVerifier(
  deps: Pick<Deps, "env" | "registry" | "signal" | "stderr">,
  { note }: { readonly note: (line: string) => void },
): VerifyImage | undefined {
  if (!isOn("BUILDX_DEFAULT_POLICY", deps.env)) return undefined;
  return async (image) => {
    const { verifyBuilderImage } = await import("./builder_image.ts");
    return await verifyBuilderImage(image, deps, note);
  };
}
