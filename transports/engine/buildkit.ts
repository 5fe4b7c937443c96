/**
 * The BuildKit versions inside Docker engines before 24, whose BuildKit doesn't report its version.
 * Each line holds from its engine up to the next line's. The list is buildx's.
 */
const INSIDE: readonly (readonly [engine: string, buildkit: string])[] = [
  ["18.06.0", "v0.0.0+9acf51e"],
  ["18.06.1", "v0.0.0+98f1604"],
  ["18.09.0", "v0.0.0+c7bb575"],
  ["18.09.1", "v0.3.3"],
  ["18.09.6", "v0.3.3+d9f7592"],
  ["18.09.7", "v0.4.0+05766c5"],
  ["19.03.0", "v0.5.1+1f89ec1"],
  ["19.03.2", "v0.6.1+588c73e"],
  ["19.03.3", "v0.6.2"],
  ["19.03.5", "v0.6.3+928f3b4"],
  ["19.03.6", "v0.6.3+57e8ad5"],
  ["19.03.7", "v0.6.4"],
  ["19.03.9", "v0.6.4+a7d7b7f"],
  ["19.03.13", "v0.6.4+df89d4d"],
  ["19.03.15", "v0.6.4+396bfe2"],
  ["20.10.0", "v0.8.1"],
  ["20.10.3", "v0.8.1+68bb095"],
  ["20.10.4", "v0.8.2"],
  ["20.10.7", "v0.8.2+244e8cde"],
  ["20.10.11", "v0.8.2+bc07b2b8"],
  ["20.10.19", "v0.8.2+3a1eeca5"],
  ["20.10.20", "v0.8.2+c0149372"],
  ["20.10.21", "v0.8.2+eeb7b65"],
  ["20.10.24", "v0.8+unknown"],
  ["22.06.0", "v0.10.3"],
  ["23.0.0", "v0.10.6"],
  ["23.0.1", "v0.10.6+4f0ee09"],
  ["23.0.2", "v0.10.6+70f2ad5"],
  ["23.0.4", "v0.10.6+d52b2d5"],
  ["23.0.7", "v0.10+unknown"],
];

/**
 * The version of the BuildKit inside an engine. From engine 24 on, it is the engine's own version.
 * @param engine the engine's version: `20.10.24+dfsg1`
 */
export function buildkitInside(engine: string): string {
  const version = numbersOf(engine);
  if (version === undefined) return "";
  if (version[0]! >= 24) return engine.replace(/-moby$/, "");
  return INSIDE.findLast(([from]) => compare(numbersOf(from)!, version) <= 0)?.[1] ?? "";
}

function numbersOf(text: string): number[] | undefined {
  return /^(\d+)\.(\d+)\.(\d+)/.exec(text)?.slice(1).map(Number);
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < 3; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return 0;
}
