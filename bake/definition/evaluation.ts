/**
 * Evaluates a definition. Every name is resolved when it is first needed, independent of the order
 * in the files. A name that needs itself is a cycle.
 */
import { BakeError } from "../error.ts";
import type { Attribute } from "../hcl/body.ts";
import { convert } from "../hcl/values/convert.ts";
import { Diagnostic, type Range } from "../hcl/diagnostic.ts";
import { evaluate, valueOf } from "../hcl/evaluate.ts";
import { type Expression, keyword, type Scope as Name, startRange } from "../hcl/expression.ts";
import { type Func, FunctionError } from "../hcl/function.ts";
import { type References, referencesOf } from "../hcl/references.ts";
import { Scope, type World } from "../hcl/scope.ts";
import { quote } from "../../base/go/quote.ts";
import { BOOL, DYNAMIC, type Type, typeName } from "../hcl/values/type.ts";
import { typeOfExpression } from "../hcl/values/type_expression.ts";
import { nullOf, stringOf, tupleOf, type Value } from "../hcl/values/value.ts";
import type { Variable } from "../options.ts";
import { Blocks } from "./blocks.ts";
import type {
  Declarations,
  FunctionDeclaration,
  Validation,
  VariableDeclaration,
} from "./declarations.ts";
import { located } from "./located.ts";
import { listedText, type Override, readTyped, readUntyped } from "./variables.ts";

interface EvaluationOptions {
  readonly lookup: (name: string) => string | undefined;
  readonly builtins: ReadonlyMap<string, string>;
  /** The functions of the library, whose names no other function can take. */
  readonly library: ReadonlySet<string>;
}

export class Evaluation {
  readonly root: Scope;
  readonly blocks: Blocks;
  readonly #types = new Map<string, Type>();
  readonly #underWay = new Set<string>();
  readonly #references = new WeakMap<Expression, References>();

  constructor(
    private readonly declarations: Declarations,
    private readonly options: EvaluationOptions,
    world: World,
  ) {
    this.root = new Scope(world, new Map());
    this.blocks = new Blocks(this);
    for (const [name, text] of options.builtins) this.root.names.set(name, stringOf(text));
  }

  /** Evaluates all declarations, in the order in which errors are reported. Throws a Diagnostic. */
  run(): void {
    const { variables, functions, globals, blocks } = this.declarations;
    for (const { name, range } of variables.values()) {
      located("Invalid value", range, () => this.resolveValue(name));
    }
    for (const { validations } of variables.values()) {
      for (const validation of validations) this.#validate(validation);
    }
    for (const { name, range } of functions.values()) {
      located("Invalid function", range, () => this.resolveFunction(name));
    }
    this.blocks.run(blocks);
    for (const { name, range } of globals.values()) {
      located("Invalid attribute", range, () => this.resolveValue(name));
    }
  }

  /** For `--list`. */
  variables(): Variable[] {
    return [...this.declarations.variables.values()].map(({ name, description }) => {
      const type = this.#types.get(name);
      const value = this.root.names.get(name)!;
      return {
        name,
        description,
        type: type === undefined ? "" : typeName(type, true),
        value: listedText(value, type !== undefined),
      };
    });
  }

  /** Resolves the names that an expression needs, if they exist. Throws a {@link Diagnostic}. */
  load(
    expression: Expression,
    scope: Scope,
    locals: ReadonlySet<string> = new Set(),
    strict = false,
  ): void {
    const { functions, names } = this.#referencesOf(expression);
    if (functions.size === 0 && names.length === 0) return;
    located("Invalid expression", expression.range, () => {
      for (const name of functions) {
        if (!this.resolveFunction(name) && strict) {
          throw new BakeError(`function ${quote(name)} does not exist: undefined`);
        }
      }
      for (const name of names) {
        if (locals.has(name.root) || this.#isLocal(name.root, scope)) continue;
        if (this.blocks.owns(name.root)) this.blocks.load(name as Name);
        else if (!this.resolveValue(name.root) && strict) {
          throw new BakeError(`variable ${quote(name.root)} does not exist: undefined`);
        }
      }
    });
  }

  /** Finds the names in an expression, once: each target of a matrix needs them. */
  #referencesOf(expression: Expression): References {
    const known = this.#references.get(expression);
    if (known !== undefined) return known;
    const found = referencesOf(expression);
    this.#references.set(expression, found);
    return found;
  }

  #isLocal(name: string, scope: Scope): boolean {
    return scope !== this.root && scope.names.has(name);
  }

  /** Evaluates an attribute, after the names that it needs. Throws a {@link Diagnostic}. */
  value({ expression }: Attribute, scope: Scope): Value {
    this.load(expression, scope);
    return valueOf(expression, scope);
  }

  /** Evaluates what the name declares. Returns false if nothing of that name is declared. */
  resolveFunction(name: string): boolean {
    if (this.root.world.functions.has(name) || this.options.library.has(name)) return true;
    const declaration = this.declarations.functions.get(name);
    if (declaration === undefined) return false;
    this.#once(`function ${name}`, `function cycle not allowed for ${name}`, () => {
      this.root.world.functions.set(name, this.#function(declaration));
    });
    return true;
  }

  #function({ name, params, variadic, result }: FunctionDeclaration): Func {
    if (result === undefined) throw new BakeError(`empty result not allowed for ${name}`);
    if (params === undefined) throw new BakeError(`empty params not allowed for ${name}`);
    const { fixed } = params;
    if (fixed.kind !== "tuple") {
      const detail = "A static list expression is required.";
      throw new Diagnostic("Invalid expression", detail, startRange(fixed));
    }
    const names = fixed.items.map((item) => parameterName(item, item.range));
    const rest = variadic && parameterName(variadic.fixed, variadic.range);
    const body = result.expression;
    const locals = new Set(rest === undefined ? names : [...names, rest]);
    this.load(body, this.root, locals, true);
    const call: Func["call"] = (args) => {
      const values = new Map(names.map((param, i) => [param, args[i]!]));
      if (rest !== undefined) values.set(rest, tupleOf(args.slice(names.length)));
      try {
        return evaluate(body, this.root.child(values));
      } catch (error) {
        if (error instanceof Diagnostic) throw new FunctionError(error.message);
        throw error;
      }
    };
    const parameter = (name: string) => ({ name, type: DYNAMIC });
    return {
      params: names.map(parameter),
      ...rest !== undefined && { rest: parameter(rest) },
      call,
    };
  }

  /** Evaluates what the name declares. Returns false if nothing of that name is declared. */
  resolveValue(name: string): boolean {
    if (this.root.names.has(name)) return true;
    const { globals, variables } = this.declarations;
    const global = globals.get(name), variable = variables.get(name);
    if (global === undefined && variable === undefined) return false;
    this.#once(`variable ${name}`, `variable cycle not allowed for ${name}`, () => {
      const type = global === undefined ? this.#declaredType(variable!) : undefined;
      const attribute = global ?? variable?.defaultValue;
      const value = attribute && this.#converted(name, this.value(attribute, this.root), type);
      const override = variable && this.#override(name, type !== undefined);
      this.root.names.set(name, valueOfVariable(name, type, value, override));
    });
    return true;
  }

  #declaredType({ name, type }: VariableDeclaration): Type | undefined {
    if (type === undefined || keyword(type.fixed) === "null") return undefined;
    const declared = typeOfExpression(type.fixed);
    this.#types.set(name, declared);
    return declared;
  }

  #converted(name: string, value: Value, type: Type | undefined): Value {
    if (type === undefined) return value;
    const context = `invalid type ${typeName(type)} for variable ${name} default value`;
    return convert(value, type, (why) => new BakeError(`${context}: ${why}`));
  }

  #override(name: string, preferJson: boolean): Override | undefined {
    const { lookup, builtins } = this.options;
    const plain = lookup(name);
    const jsonName = `${name}_JSON`;
    const taken = this.declarations.variables.has(jsonName) || builtins.has(jsonName);
    if (!taken && (plain === undefined || preferJson)) {
      const json = lookup(jsonName);
      if (json !== undefined) return { text: json, json: true };
    }
    return plain === undefined ? undefined : { text: plain, json: false };
  }

  #validate({ condition, message, range }: Validation): void {
    const subject = condition?.expression.range ?? range;
    const invalid = (detail: string) => new Diagnostic("Invalid condition result", detail, subject);
    const result = condition && this.value(condition, this.root);
    if (result === undefined || result.content === null) {
      throw invalid("Condition expression must return either true or false, not null.");
    }
    const refuse = (why: string) => invalid(`Invalid condition result value: ${why}`);
    if (convert(result, BOOL, refuse).content === true) return;
    const text = message && this.value(message, this.root).content;
    const detail = text === undefined || text === null
      ? "This check failed, but has an invalid error message."
      : String(text);
    throw new Diagnostic("Validation failed", detail, subject);
  }

  /** Runs work for a name; a request for the same name meanwhile is a cycle. */
  #once(key: string, cycle: string, run: () => void): void {
    if (this.#underWay.has(key)) throw new BakeError(cycle);
    this.#underWay.add(key);
    run();
    this.#underWay.delete(key);
  }
}

/**
 * @param value of the default or of the global; undefined for none
 * @param override a text for the variable; undefined for none
 */
function valueOfVariable(
  name: string,
  type: Type | undefined,
  value: Value | undefined,
  override: Override | undefined,
): Value {
  if (override === undefined) return value ?? (type === undefined ? stringOf("") : nullOf(type));
  if (type === undefined) return readUntyped(name, override.text, value);
  return readTyped(name, override, type);
}

function parameterName(expression: Expression, range: Range): string {
  const name = keyword(expression);
  if (name !== undefined) return name;
  const detail = "Each parameter name must be an identifier.";
  throw new Diagnostic("Invalid param element", detail, range);
}
