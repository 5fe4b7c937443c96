/**
 * Evaluates blocks of targets and groups. A block with a matrix is several targets. Each target and
 * each attribute is evaluated when something refers to it, or in its turn.
 */
import { BakeError } from "../error.ts";
import type { Attribute, Block } from "../hcl/body.ts";
import { convert } from "../hcl/values/convert.ts";
import { Diagnostic } from "../hcl/diagnostic.ts";
import { valueOf } from "../hcl/evaluate.ts";
import { type Scope as Name, startRange } from "../hcl/expression.ts";
import type { Scope } from "../hcl/scope.ts";
import { quote } from "../../base/go/quote.ts";
import { map, STRING } from "../hcl/values/type.ts";
import { entriesOf, iterate, mapOf, objectOf, stringOf, type Value } from "../hcl/values/value.ts";
import { type Attribute as Kind, unsuitable } from "../attributes/attribute.ts";
import { groupAttributes, targetAttributes } from "../attributes/table.ts";
import type { Evaluation } from "./evaluation.ts";
import { located } from "./located.ts";

/** One target or group of a block. */
interface Instance {
  readonly block: Block;
  name: string;
  /** The fields of the attributes that are set. */
  readonly fields: Map<string, unknown>;
  readonly scope: Scope;
  /** The attributes that are evaluated, and those that are being evaluated. */
  readonly done: Set<string>;
  readonly underWay: Set<string>;
}

/** A block, with its targets or groups once its matrix is evaluated. */
interface State {
  readonly block: Block;
  readonly kinds: ReadonlyMap<string, AnyKind>;
  readonly attributes: ReadonlyMap<string, Attribute>;
  instances?: Instance[];
}

/** The value of a target or group in references, which is made at the first reference. */
interface LazyValue {
  value?: Value;
  readonly make: () => Value;
}

// deno-lint-ignore no-explicit-any -- the kind of an attribute and its field agree in type
type AnyKind = Kind<any>;

const kindsOf = new Map<string, ReadonlyMap<string, AnyKind>>([
  ["target", new Map(Object.entries(targetAttributes))],
  ["group", new Map(Object.entries(groupAttributes))],
]);

/** Stands for all attributes of a block at once. */
const WHOLE = "";

/** The most combinations of a matrix. A definition with more is a mistake. */
const MAX_MATRIX = 10_000;

export class Blocks {
  #states: State[] = [];
  /** By type and final name. Several blocks of one name are merged. */
  readonly #byName = new Map([...kindsOf.keys()].map((type) => [type, new Map<string, State[]>()]));
  /** The values of references, by type and final name. */
  readonly #values = new Map(
    [...kindsOf.keys()].map((type) => [type, new Map<string, LazyValue>()]),
  );
  /** Labels with the final names of their blocks, where these differ. */
  readonly renamed = new Map<string, string[]>();

  constructor(private readonly evaluation: Evaluation) {}

  /** Throws a {@link Diagnostic}. */
  run(blocks: readonly Block[]): void {
    const named: [State, string[]][] = blocks.map((block) => {
      const kinds = kindsOf.get(block.type)!;
      const { attributes } = block.body.content({ attributes: [...kinds.keys()] });
      const state: State = { block, kinds, attributes };
      const range = block.labelRanges[0]!;
      return [state, located("Invalid name", range, () => this.#names(state))];
    });
    this.#states = named.map(([state]) => state);
    for (const [state, names] of named) {
      const { type, labels: [label] } = state.block;
      for (const name of names) append(this.#byName.get(type)!, name, state);
      if (names.length === 0 || (names.length === 1 && names[0] === label)) continue;
      for (const name of names) append(this.renamed, label!, name);
    }
    for (const state of this.#states) {
      located("Invalid block", state.block.labelRanges[0]!, () => this.#resolve(state));
    }
  }

  /** The targets and groups of all blocks, in their order. */
  instances(): Instance[] {
    return this.#states.flatMap(({ instances }) => instances!);
  }

  /** Whether a name means all targets or all groups, and not a variable. */
  owns(name: string): boolean {
    return kindsOf.has(name);
  }

  /** Resolves the attributes that `target.NAME.ATTRIBUTE` names. */
  load({ root, steps }: Name): void {
    const [first, second] = steps;
    if (first === undefined) throw new BakeError(`cannot access ${root} as a variable`);
    if (first.attribute === undefined) {
      throw new BakeError(`cannot traverse ${root} without attribute`);
    }
    for (const state of this.#byName.get(root)!.get(first.attribute) ?? []) {
      this.#resolve(state, second?.attribute);
    }
    this.#publish(root);
  }

  /**
   * Sets the object that is the value of `target` or `group`; does nothing before there is a block.
   */
  #publish(type: string): void {
    const values = this.#values.get(type)!;
    const { names } = this.evaluation.root;
    if (values.size > 0) {
      const seen = [...values].map(([name, item]) => [name, item.value ??= item.make()] as const);
      names.set(type, objectOf(new Map(seen)));
    } else if (this.#byName.get(type)!.size > 0) names.set(type, mapOf(map(STRING), new Map()));
  }

  #names(state: State): string[] {
    const { block } = state;
    const [label] = block.labels;
    const instances = this.#instances(state);
    checkName(label!);
    const { attributes } = block.body.content({ attributes: ["name", "matrix"] });
    const name = attributes.get("name"), matrix = attributes.get("matrix");
    const isGroup = block.type === "group";
    if (isGroup && name !== undefined) throw new BakeError("name is not supported for groups");
    if (name !== undefined && matrix === undefined) throw new BakeError("name requires matrix");
    for (const instance of instances) {
      if (name === undefined) continue;
      instance.name = nameOf(this.evaluation.value(name, instance.scope));
      checkName(instance.name);
    }
    const names = instances.map((instance) => instance.name);
    const twice = names.find((item, i) => names.indexOf(item) < i);
    if (twice !== undefined) throw new BakeError(`duplicate name ${quote(twice)}`);
    return names;
  }

  #instances(state: State): Instance[] {
    const { block } = state;
    return state.instances ??= this.#scopes(block).map((scope) => ({
      block,
      name: block.labels[0]!,
      fields: new Map(),
      scope,
      done: new Set(),
      underWay: new Set(),
    }));
  }

  /** A scope for each combination of the matrix. Keys are sorted, and the last one is outermost. */
  #scopes({ body, type }: Block): Scope[] {
    const { root } = this.evaluation;
    const matrix = body.content({ attributes: ["matrix"] }).attributes.get("matrix");
    if (matrix === undefined) return [root];
    if (type === "group") throw new BakeError("matrix is not supported for groups");
    const value = this.evaluation.value(matrix, root);
    if ((value.type.kind !== "map" && value.type.kind !== "object") || value.content === null) {
      throw new BakeError("matrix must be a map");
    }
    let combinations: Map<string, Value>[] = [new Map()];
    for (const [key, item] of entriesOf(value)) {
      const values = iterate(item);
      if (values === undefined) throw new BakeError("matrix values must be a list");
      if (combinations.length * values.length > MAX_MATRIX) {
        throw new BakeError(`the matrix has more than ${MAX_MATRIX} combinations`);
      }
      combinations = values.flatMap(([, element]) =>
        combinations.map((names) => new Map([...names, [key, element] as const]))
      );
    }
    return combinations.map((names) => root.child(names));
  }

  /** @param only the wanted attribute; without it all remaining ones */
  #resolve(state: State, only?: string): void {
    const { block, kinds, attributes } = state;
    for (const instance of this.#instances(state)) {
      const { done, underWay, name } = instance;
      if (only !== undefined && done.has(only)) return;
      if (underWay.has(only ?? WHOLE)) {
        const part = only === undefined ? "" : `.${only}`;
        throw new BakeError(`reference cycle not allowed for ${block.type}.${name}${part}`);
      }
      underWay.add(only ?? WHOLE);
      const now = [...kinds.keys()].filter((key) =>
        only === undefined ? !done.has(key) : key === only
      );
      if (block.type === "group" && now.includes("targets") && !attributes.has("targets")) {
        throw new Diagnostic(
          "Missing required argument",
          'The argument "targets" is required, but no definition was found.',
          block.body.missingRange,
        );
      }
      const present = now.filter((key) => attributes.has(key));
      for (const key of present) {
        this.evaluation.load(attributes.get(key)!.expression, instance.scope);
      }
      for (const key of present) {
        this.#read(attributes.get(key)!, kinds.get(key)!, instance);
      }
      for (const key of only === undefined ? kinds.keys() : [only]) done.add(key);
      underWay.delete(WHOLE);
      const make = () => valueFor(name, kinds, instance.fields);
      this.#values.get(block.type)!.set(name, { make });
    }
  }

  #read(attribute: Attribute, kind: AnyKind, { scope, fields }: Instance): void {
    const value = valueOf(attribute.expression, scope);
    let field: unknown;
    try {
      field = kind.read(value);
    } catch (error) {
      const detail = `Unsuitable value: ${unsuitable(error)}`;
      throw new Diagnostic("Unsuitable value type", detail, startRange(attribute.expression));
    }
    if (field !== undefined) fields.set(attribute.name, field);
  }
}

function append<T>(map: Map<string, T[]>, key: string, item: T): void {
  const items = map.get(key);
  if (items === undefined) map.set(key, [item]);
  else if (!items.includes(item)) items.push(item);
}

function nameOf(value: Value): string {
  const { content } = convert(value, STRING, (why) => new BakeError(why));
  if (content !== null) return content as string;
  throw new BakeError("the name must not be null");
}

function checkName(name: string): void {
  if (!/^[a-zA-Z0-9_-]+$/.test(name)) {
    throw new BakeError('only "[a-zA-Z0-9_-]+" are allowed');
  }
}

function valueFor(
  name: string,
  kinds: ReadonlyMap<string, AnyKind>,
  fields: ReadonlyMap<string, unknown>,
): Value {
  const entries = new Map<string, Value>([["name", stringOf(name)]]);
  for (const [key, kind] of kinds) entries.set(key, kind.value(fields.get(key) as never));
  return objectOf(entries);
}
