/**
 * Finds the targets that are requested of a definition: expands groups, merges parents, follows
 * links.
 */
import { quote } from "../../base/go/quote.ts";
import { nearest } from "../../base/nearest.ts";
import { tidyFields } from "../attributes/table.ts";
import { BakeError } from "../error.ts";
import { compareText } from "../hcl/values/text.ts";
import type { Allowed, Definition, Request, Resolved } from "../options.ts";
import type { Group, Target } from "../target.ts";
import { applyOverrides } from "./apply.ts";
import { depthFirst } from "./depth_first.ts";
import { followLinks } from "./links.ts";
import { merge } from "./merge.ts";
import { type Overrides, parseOverrides } from "./overrides.ts";
import { compilePattern, isPattern } from "./pattern.ts";

/** The most policies of a target. A list that doubles with each parent would fill the memory. */
const MAX_POLICIES = 100_000;

/** Throws `UsageError`. */
export function resolveTargets(definition: Definition, request: Request): Resolved {
  return new Resolver(definition, request).run();
}

class Resolver {
  readonly #targets: Map<string, Target>;
  readonly #groups = new Map<string, Group>();
  readonly #names: readonly string[];
  readonly #overrides: Overrides;
  /** Targets merged over their parents. */
  readonly #complete = new Map<string, Target>();
  readonly #allowed: Allowed = {
    read: [],
    write: [],
    networkHost: false,
    securityInsecure: false,
  };

  constructor({ targets, groups }: Definition, { names, overrides, env }: Request) {
    this.#targets = new Map(targets.map((target) => [target.name, target]));
    for (const group of groups) {
      // The first one counts: a declared group goes before the label of a matrix.
      if (!this.#groups.has(group.name)) this.#groups.set(group.name, group);
    }
    const asked = names.length === 0 ? ["default"] : names;
    this.#names = unique(asked.flatMap((name) => this.#matching(name.replaceAll(".", "_"))));
    this.#overrides = parseOverrides(overrides, [...this.#targets.keys()], env);
  }

  run(): Resolved {
    const targets = new Map<string, Target>();
    const groups = new Map<string, Group>();
    for (const name of this.#names) {
      const members = this.#members(name);
      for (const target of members.targets) targets.set(target, this.#target(target));
      for (const group of members.groups) groups.set(group, { ...this.#groups.get(group)! });
    }
    this.#addDefault(groups);
    const linked = followLinks(targets, (name) => this.#target(name));
    return { targets, groups, linked, allowed: this.#allowed };
  }

  #matching(name: string): string[] {
    if (!isPattern(name)) return [name];
    const matcher = compilePattern(name);
    const all = [...this.#groups.keys(), ...this.#targets.keys()];
    const found = all.filter((other) => matcher?.(other));
    if (found.length > 0) return found;
    throw new BakeError(`could not find any target matching ${quote(name)}`, {
      hint: this.#known(name),
    });
  }

  /** The remedy for an unknown name. */
  #known(name: string): string {
    const names = unique([...this.#groups.keys(), ...this.#targets.keys()])
      .filter((other) => !other.startsWith("_"));
    if (names.length === 0) return "the definition has no targets";
    const near = nearest(name, names);
    const shown = names.length > 20
      ? "'fairlead bake --list=targets' lists the targets"
      : `the targets and groups are: ${names.join(", ")}`;
    return near === undefined ? shown : `did you mean ${near}? ${shown}`;
  }

  /**
   * Returns the targets that a name means, and the groups on the way. A group inside itself adds
   * nothing.
   */
  #members(
    name: string,
  ): { readonly targets: readonly string[]; readonly groups: readonly string[] } {
    const groups: string[] = [];
    const all = new Map<string, readonly string[]>();
    depthFirst(name, {
      enter: (name) => {
        if (this.#groups.has(name)) groups.push(name);
        return this.#groups.get(name)?.targets ?? [];
      },
      leave: (name) => {
        const group = this.#groups.get(name);
        if (group === undefined) return void all.set(name, [name]);
        const targets = new Set<string>();
        for (const member of group.targets ?? []) {
          const inner = all.get(member) ?? [];
          // A group that contains a target of its own name means that target.
          for (const target of inner.length > 0 ? inner : [member]) targets.add(target);
        }
        all.set(name, [...targets]);
      },
    }, all);
    return { targets: all.get(name)!, groups };
  }

  /** The group `default` stands for the requested names other than itself. */
  #addDefault(groups: Map<string, Group>): void {
    const isGroup = groups.has("default");
    const asked = this.#names.filter((name) => name !== "default" || !isGroup);
    const { targets, ...group } = groups.get("default") ?? { name: "default", targets: null };
    const members = unique([...targets ?? [], ...asked]).sort(compareText);
    groups.set("default", {
      ...group,
      targets: targets === null && members.length === 0 ? null : members,
    });
  }

  /** A target with parents, overrides and defaults. */
  #target(name: string): Target {
    const { inherits: _, ...resolved } = this.#merged(name);
    resolved.context ??= resolved.base?.own || ".";
    resolved.dockerfile ||= "Dockerfile";
    return resolved;
  }

  /** A target merged over its parents. A target that inherits from itself adds nothing there. */
  #merged(name: string): Target {
    const all = this.#complete;
    let isCyclic = false;
    depthFirst(name, {
      cycle: () => isCyclic = true,
      enter: (name) => this.#own(name).inherits ?? [],
      leave: (name) => {
        const own = this.#own(name);
        let merged: Target = { name };
        for (const parent of own.inherits ?? []) {
          const above = all.get(parent);
          if (above !== undefined) merged = merge(merged, above);
        }
        merged = merge(merged, own);
        // The parents' own parents are merged already.
        if (own.inherits) merged.inherits = own.inherits;
        else delete merged.inherits;
        applyOverrides(merged, this.#overrides.get(name) ?? new Map(), this.#allowed);
        tidyFields(merged);
        if ((merged.policy?.length ?? 0) > MAX_POLICIES) {
          throw new BakeError(
            `target ${name} has more than ${MAX_POLICIES} policies: its parents repeat each other's`,
          );
        }
        all.set(name, merged);
      },
    }, all);
    const merged = all.get(name)!;
    // In a cycle, each target has other parents when it is the first one.
    if (isCyclic) all.clear();
    return merged;
  }

  #own(name: string): Target {
    const own = this.#targets.get(name);
    if (own !== undefined) return own;
    throw new BakeError(`failed to find target ${name}`, { hint: this.#known(name) });
  }
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}
