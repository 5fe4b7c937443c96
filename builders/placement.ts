import { formatPlatform, normalizePlatform, type Platform } from "./platforms.ts";

/** What a node offers: the platforms that the user fixed for it, and those its daemon reports. */
export interface Offer {
  readonly fixed: readonly Platform[];
  readonly reported: readonly Platform[];
}

/**
 * Which node builds which platforms: the first one that was fixed for the platform, else the first
 * whose daemon reports it, else the first of all, whose daemon will say what it lacks. Without
 * platforms the first node builds its own.
 *
 * @returns the platforms of each node that has something to build, by the node's index
 */
export function placePlatforms(
  offers: readonly Offer[],
  wanted: readonly Platform[],
): Map<number, Platform[]> {
  if (wanted.length === 0) return new Map([[0, []]]);
  const placed = new Map<number, Platform[]>();
  for (const platform of wanted) {
    const key = formatPlatform(normalizePlatform(platform));
    const has = (platforms: readonly Platform[]) =>
      platforms.some((other) => formatPlatform(normalizePlatform(other)) === key);
    const fixed = offers.findIndex((offer) => has(offer.fixed));
    const index = fixed >= 0
      ? fixed
      : Math.max(0, offers.findIndex(({ reported }) => has(reported)));
    placed.set(index, [...placed.get(index) ?? [], platform]);
  }
  return placed;
}
