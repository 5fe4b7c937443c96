/**
 * Evaluates blocks of targets and groups. A block with a matrix is several targets. Each target and each
 * attribute is evaluated when something refers to it, or in its turn.
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
import {
  elementsOf,
  entriesOf,
  mapOf,
  objectOf,
  stringOf,
  type Value,
} from "../hcl/values/value.ts";
import { type Attribute as Kind, unsuitable } from "../attributes/attribute.ts";
import { groupAttributes, targetAttributes } from "../attributes/table.ts";
import type { Evaluation } from "./evaluation.ts";
import { located } from "./located.ts";

/** One target or group of a block. */
interface Instance {
  readonly block: Block;
  readonly name: string;
  /** The fields of the attributes that are set. */
  readonly fields: Map<string, unknown>;
}

interface Running {
  readonly scope: Scope;
  readonly fields: Map<string, unknown>;
  readonly done: Set<string>;
  readonly underWay: Set<string>;
  name: string;
}

interface Seen {
  value?: Value;
  readonly make: () => Value;
}

interface State {
  readonly block: Block;
  readonly kinds: ReadonlyMap<string, AnyKind>;
  readonly attributes: ReadonlyMap<string, Attribute>;
  instances?: Running[];
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
  /**
   * The values of references. They are made at the first reference, because most files have none.
   */
  readonly #values = new Map([...kindsOf.keys()].map((type) => [type, new Map<string, Seen>()]));
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
    return this.#states.flatMap(({ block, instances }) =>
      instances!.map(({ name, fields }) => ({ block, name, fields }))
    );
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
    const only = second?.attribute === undefined ? undefined : [second.attribute];
    for (const state of this.#byName.get(root)!.get(first.attribute) ?? []) {
      this.#resolve(state, only);
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
      const seen = [...values].map(([name, of]) => [name, of.value ??= of.make()] as const);
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
    const twice = names.find((of, i) => names.indexOf(of) < i);
    if (twice !== undefined) throw new BakeError(`duplicate name ${quote(twice)}`);
    return names;
  }

  #instances(state: State): Running[] {
    return state.instances ??= this.#scopes(state.block).map((scope) => ({
      scope,
      fields: new Map(),
      done: new Set(),
      underWay: new Set(),
      name: state.block.labels[0]!,
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
    for (const [key, of] of entriesOf(value)) {
      const values = iterated(of);
      if (values === undefined) throw new BakeError("matrix values must be a list");
      if (combinations.length * values.length > MAX_MATRIX) {
        throw new BakeError(`the matrix has more than ${MAX_MATRIX} combinations`);
      }
      combinations = values.flatMap((element) =>
        combinations.map((names) => new Map([...names, [key, element] as const]))
      );
    }
    return combinations.map((names) => root.child(names));
  }

  /** @param only the wanted attributes; without it all remaining ones */
  #resolve(state: State, only?: readonly string[]): void {
    const { block, kinds, attributes } = state;
    for (const instance of this.#instances(state)) {
      const { done, underWay, name } = instance;
      if (only === undefined && underWay.has(WHOLE)) {
        throw new BakeError(`reference cycle not allowed for ${block.type}.${name}`);
      }
      if (only === undefined) underWay.add(WHOLE);
      const wanted = only?.filter((attribute) => !done.has(attribute));
      if (wanted?.length === 0) return;
      for (const attribute of wanted ?? []) {
        if (underWay.has(attribute)) {
          throw new BakeError(`reference cycle not allowed for ${block.type}.${name}.${attribute}`);
        }
        underWay.add(attribute);
      }
      const now = [...kinds.keys()].filter((key) => wanted?.includes(key) ?? !done.has(key));
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
      for (const key of wanted ?? kinds.keys()) done.add(key);
      underWay.delete(WHOLE);
      const make = () => valueFor(name, kinds, instance.fields);
      this.#values.get(block.type)!.set(name, { make });
    }
  }

  #read(attribute: Attribute, kind: AnyKind, { scope, fields }: Running): void {
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

function iterated(value: Value): readonly Value[] | undefined {
  const { kind } = value.type;
  if (value.content === null) return undefined;
  if (kind === "list" || kind === "set" || kind === "tuple") return elementsOf(value);
  if (kind === "map" || kind === "object") return entriesOf(value).map(([, of]) => of);
  return undefined;
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
