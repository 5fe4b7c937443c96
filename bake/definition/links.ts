/** `contexts = { x = "target:NAME" }`: targets that others are built from. */
import { BakeError } from "../error.ts";
import type { Target } from "../target.ts";

const PREFIX = "target:";

export class Links {
  readonly #linked = new Set<string>();
  readonly #done = new Set<string>();

  constructor(
    private readonly targets: Map<string, Target>,
    private readonly resolve: (name: string) => Target,
  ) {}

  /** Adds all targets that are linked to; gives the names of those nobody asked for. */
  follow(): Set<string> {
    for (const name of [...this.targets.keys()]) this.#follow(name, []);
    return this.#linked;
  }

  #follow(name: string, path: readonly string[]): void {
    if (this.#done.has(name)) return;
    const target = this.targets.get(name)!;
    const visited = [...path, name];
    for (const value of target.contexts?.values() ?? []) {
      if (!value.startsWith(PREFIX)) continue;
      const other = value.slice(PREFIX.length);
      if (other === name) throw new BakeError(`target ${other} cannot link to itself`);
      if (visited.includes(other)) {
        throw new BakeError(`infinite loop from ${name} to ${other}`);
      }
      this.#add(other);
      this.#follow(other, visited);
      this.#join(target, this.targets.get(other)!, name, other);
    }
    this.#done.add(name);
  }

  /** One that is there for others only keeps nothing but its cache. */
  #add(name: string): void {
    if (this.targets.has(name)) return;
    const target = this.resolve(name);
    target.output = [{ type: "cacheonly", dest: "", attrs: new Map() }];
    this.targets.set(name, target);
    this.#linked.add(name);
  }

  #join(target: Target, other: Target, name: string, otherName: string): void {
    const own = target.entitlements ?? [];
    const more = (other.entitlements ?? []).filter((entitlement) => !own.includes(entitlement));
    if (more.length > 0) target.entitlements = [...own, ...more];
    const [platforms, available] = [target.platforms ?? [], other.platforms ?? []];
    if (platforms.length < 2 || available.length < 2) return;
    if (platforms.every((platform) => available.includes(platform))) return;
    throw new BakeError(
      `target ${otherName} can't be used by ${name} because its platforms [${
        platforms.join(" ")
      }] are not a subset of [${available.join(" ")}]`,
    );
  }
}
