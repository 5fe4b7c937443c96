/** `contexts = { x = "target:NAME" }`: targets that others are built from. */
import { BakeError } from "../error.ts";
import type { Target } from "../target.ts";
import { depthFirst } from "./depth_first.ts";

const PREFIX = "target:";

/**
 * Adds all targets that others link to. Returns the names of those that were not requested. Throws
 * `BakeError`.
 * @param resolve returns a target of the definition by name
 */
export function followLinks(
  targets: Map<string, Target>,
  resolve: (name: string) => Target,
): Set<string> {
  const linked = new Set<string>();
  const left = new Set<string>();
  const add = (name: string) => {
    if (targets.has(name)) return;
    // A target that is only linked to keeps only its caches.
    const output = [{ type: "cacheonly", dest: "", attrs: new Map() }];
    targets.set(name, { ...resolve(name), output });
    linked.add(name);
  };
  const visit = {
    enter(name: string) {
      add(name);
      return linksOf(targets.get(name)!);
    },
    leave(name: string) {
      const target = targets.get(name)!;
      for (const other of linksOf(target)) join(target, targets.get(other)!);
      left.add(name);
    },
    cycle(from: string, to: string) {
      if (from === to) throw new BakeError(`target ${to} cannot link to itself`);
      throw new BakeError(`infinite loop from ${from} to ${to}`);
    },
  };
  for (const name of [...targets.keys()]) depthFirst(name, visit, left);
  return linked;
}

function linksOf({ contexts }: Target): string[] {
  return [...contexts?.values() ?? []].filter((value) => value.startsWith(PREFIX))
    .map((value) => value.slice(PREFIX.length));
}

/** A target needs the permissions of those that it links to, and their platforms. */
function join(target: Target, other: Target): void {
  const own = target.entitlements ?? [];
  const more = (other.entitlements ?? []).filter((entitlement) => !own.includes(entitlement));
  if (more.length > 0) target.entitlements = [...own, ...more];
  const [platforms, available] = [target.platforms ?? [], other.platforms ?? []];
  if (platforms.length < 2 || available.length < 2) return;
  if (platforms.every((platform) => available.includes(platform))) return;
  throw new BakeError(
    `target ${other.name} can't be used by ${target.name} because its platforms [${
      platforms.join(" ")
    }] are not a subset of [${available.join(" ")}]`,
  );
}
