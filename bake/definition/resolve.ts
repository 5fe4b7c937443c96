/** From a definition to what is asked of it: groups taken apart, parents merged, links followed. */
import { BakeError } from "../error.ts";
import type { Allowed, Definition, Request, Resolved } from "../options.ts";
import type { Group, Target } from "../target.ts";
import { applyOverrides } from "./apply.ts";
import { Links } from "./links.ts";
import { tidyFields } from "../attributes/table.ts";
import { merge } from "./merge.ts";
import { type Overrides, parseOverrides } from "./overrides.ts";
import { compilePattern, isPattern } from "./pattern.ts";
import { compareText } from "../hcl/text.ts";
import { quote } from "../../base/go/quote.ts";

/** Throws a {@link BakeError}. */
export function resolveTargets(definition: Definition, request: Request): Resolved {
  try {
    return new Resolver(definition, request).run();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new BakeError("targets, groups or links are nested too deeply", { cause: error });
  }
}

class Resolver {
  readonly #targets: Map<string, Target>;
  readonly #groups = new Map<string, Group>();
  readonly #names: readonly string[];
  readonly #overrides: Overrides;
  readonly #allowed: Allowed = {
    read: [],
    write: [],
    networkHost: false,
    securityInsecure: false,
  };

  constructor({ targets, groups }: Definition, { names, overrides, env }: Request) {
    this.#targets = new Map(targets.map((target) => [target.name, target]));
    for (const group of groups) {
      // The first one: a group of its own goes before the label of a matrix.
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
      const members = this.#members(name, new Map());
      for (const target of members.targets) targets.set(target, this.#target(target));
      for (const group of members.groups) groups.set(group, { ...this.#groups.get(group)! });
    }
    this.#addDefault(groups);
    const links = new Links(targets, (name) => this.#target(name));
    return { targets, groups, linked: links.follow(), allowed: this.#allowed };
  }

  #matching(name: string): string[] {
    if (!isPattern(name)) return [name];
    const matcher = compilePattern(name);
    const all = [...this.#groups.keys(), ...this.#targets.keys()];
    const found = all.filter((other) => matcher?.test(other));
    if (found.length > 0) return found;
    throw new BakeError(`could not find any target matching ${quote(name)}`);
  }

  /** The targets that a name means, and the groups on the way. */
  #members(name: string, visited: Map<string, Members>): Members {
    const before = visited.get(name);
    if (before !== undefined) return before;
    const group = this.#groups.get(name);
    if (group === undefined) return { targets: [name], groups: [] };
    visited.set(name, { targets: [], groups: [] });
    const targets: string[] = [], groups = [name];
    for (const member of group.targets ?? []) {
      const inner = this.#members(member, visited);
      // A group that contains a target of its own name means that.
      targets.push(...(inner.targets.length > 0 ? inner.targets : [member]));
      groups.push(...inner.groups);
    }
    const members = { targets: unique(targets), groups: unique(groups) };
    visited.set(name, members);
    return members;
  }

  /** What was asked for that is not the group `default` is its members. */
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

  /** With parents, overrides and defaults. */
  #target(name: string): Target {
    const target = this.#merged(name, new Map())!;
    const { inherits: _, ...resolved } = target;
    resolved.context ??= target.base?.own || ".";
    resolved.dockerfile ||= "Dockerfile";
    return resolved;
  }

  /** Undefined for one that inherits from itself, which adds nothing. */
  #merged(name: string, visited: Map<string, Target | undefined>): Target | undefined {
    if (visited.has(name)) return visited.get(name);
    visited.set(name, undefined);
    const own = this.#targets.get(name);
    if (own === undefined) throw new BakeError(`failed to find target ${name}`);
    let merged: Target = { name };
    for (const parent of own.inherits ?? []) {
      const above = this.#merged(parent, visited);
      if (above !== undefined) merged = merge(merged, above);
    }
    merged = merge(merged, own);
    applyOverrides(merged, this.#overrides.get(name) ?? new Map(), this.#allowed);
    tidyFields(merged);
    visited.set(name, merged);
    return merged;
  }
}

interface Members {
  readonly targets: readonly string[];
  readonly groups: readonly string[];
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}
