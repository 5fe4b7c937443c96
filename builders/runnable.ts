import { formatPlatform, type Platform } from "./platforms.ts";

/**
 * The platforms whose programs a platform runs: itself first, then the better before the worse. The
 * rules are those of github.com/containerd/platforms: 64 bits run 32, and a later variant runs
 * earlier ones.
 *
 * @param platform normalised
 * @returns texts like `linux/arm/v7`
 */
export function runnable(platform: Platform): string[] {
  const { os, architecture, variant = "" } = platform;
  const named = (architecture: string, variants: readonly string[]) =>
    variants.map((variant) => formatPlatform({ os, architecture, variant }));
  switch (architecture) {
    case "amd64":
      return [...named("amd64", [variant, ...earlier(variant, 1)]), `${os}/386`];
    case "arm":
      return named("arm", [variant, ...earlier(variant, 5)]);
    case "arm64":
      return [...named("arm64", arm64(variant)), ...named("arm", ["v8", ...earlier("v8", 5)])];
  }
  return [formatPlatform(platform)];
}

/** The variants below one, `v3` of amd64 or `v7` of arm. */
function earlier(variant: string, least: number): string[] {
  const version = /^v(\d+)$/.exec(variant)?.[1];
  const count = Math.max(0, Number(version ?? 0) - least);
  return Array.from({ length: count }, (_, at) => `v${Number(version) - 1 - at}`)
    // amd64/v1 is written without its variant.
    .map((text) => text === "v1" ? "" : text);
}

/** `v9.2` runs v9.1, v9, v8.7 and all below; `v8` is written without its variant. */
function arm64(variant: string): string[] {
  const version = /^v(8|9)(?:\.(\d))?$/.exec(variant || "v8");
  if (!version) return [variant];
  const minor = Number(version[2] ?? 0);
  const down = (major: number, minor: number) =>
    Array.from({ length: minor + 1 }, (_, at) => `v${major}.${minor - at}`)
      .map((text) => text.replace(/\.0$/, "").replace(/^v8$/, ""));
  return version[1] === "8"
    ? down(8, minor)
    : [...down(9, minor), ...down(8, Math.min(9, minor + 5))];
}
