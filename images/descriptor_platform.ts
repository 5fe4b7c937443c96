import { type Platform } from "../builders/platforms.ts";
import type { DescriptorPlatform } from "../buildkit/registry/descriptor.ts";

/** Converts a platform from the form of manifests and configurations. */
export function platformOfDescriptor(platform: Partial<DescriptorPlatform>): Platform {
  const { os = "", architecture = "", variant } = platform;
  const [osVersion, osFeatures] = [platform["os.version"], platform["os.features"]];
  return {
    ...{ os, architecture },
    ...variant && { variant },
    ...osVersion && { osVersion },
    ...osFeatures?.length && { osFeatures },
  };
}
