/** Parses expressions: operators by precedence, then the steps that follow a term, then terms. */
import { BigFloat } from "../values/big_float.ts";
import { between, Diagnostic, type Position, type Range } from "../diagnostic.ts";
import type { BinaryOperator, Expression, Step } from "../expression.ts";
import { parseObject, parseTuple } from "./constructor_parser.ts";
import { parseCall } from "./call_parser.ts";
import { Peeker } from "./peeker.ts";
import { scan } from "./scanner.ts";
import { parseTemplate } from "./template_parser.ts";
import type { Token } from "./token.ts";
import { FALSE, NULL, numberOf, TRUE, type Value } from "../values/value.ts";

const precedence: Partial<Record<Token["kind"], number>> = {
  "||": 1,
  "&&": 2,
  "==": 3,
  "!=": 3,
  "<": 4,
  "<=": 4,
  ">": 4,
  ">=": 4,
  "+": 5,
  "-": 5,
  "*": 6,
  "/": 6,
  "%": 6,
};

/** Parses a text that must be one expression. Throws a {@link Diagnostic}. */
export function parseExpressionText(text: string, file: string, start: Position): Expression {
  const peeker = new Peeker(scan(text, file, start));
  const found = peeker.within(false, () => parseExpression(peeker));
  peeker.expect(
    "end of file",
    "Extra characters after expression",
    "An expression was successfully parsed, but extra characters were found after it.",
  );
  return found;
}

/** Throws a {@link Diagnostic}. */
export function parseExpression(peeker: Peeker): Expression {
  return peeker.nested(() => {
    const start = peeker.nextRange;
    const condition = parseBinary(peeker, 1);
    if (peeker.accept("?") === undefined) return condition;
    const yes = parseExpression(peeker);
    peeker.expect(
      ":",
      "Missing false expression in conditional",
      "The conditional operator (...?...:...) requires a false expression, delimited by a colon.",
    );
    const no = parseExpression(peeker);
    return { kind: "conditional", condition, yes, no, range: between(start, no.range) };
  });
}

/** Parses operators of at least this precedence. All of them are left-associative. */
function parseBinary(peeker: Peeker, least: number): Expression {
  let left = parseOperand(peeker);
  for (;;) {
    const { kind } = peeker.peek();
    const level = precedence[kind] ?? 0;
    if (level < least) return left;
    peeker.read();
    const right = parseBinary(peeker, level + 1);
    const operator = kind as BinaryOperator;
    left = { kind: "binary", operator, left, right, range: between(left.range, right.range) };
  }
}

function parseOperand(peeker: Peeker): Expression {
  return parseTraversals(peeker, parseTerm(peeker));
}

/** Parses the steps behind a term: `.name`, `[key]`, `.0`, and the splats. */
function parseTraversals(peeker: Peeker, from: Expression): Expression {
  let found = from;
  for (;;) {
    const { kind } = peeker.peek();
    if (kind === ".") found = afterDot(peeker, found, from);
    else if (kind === "[") found = inBrackets(peeker, found, from);
    else return found;
  }
}

function afterDot(peeker: Peeker, source: Expression, from: Expression): Expression {
  const dot = peeker.read();
  if (peeker.peek().kind === "*") return attributeSplat(peeker, source, from, dot);
  return extend(source, stepAfter(peeker, dot, ""));
}

/** Parses the name behind a dot, or a number, as in old versions of HCL. */
function stepAfter(peeker: Peeker, dot: Token, splat: string): Step {
  const token = peeker.peek();
  if (token.kind === "identifier") {
    peeker.read();
    return { attribute: token.text, range: between(dot.range, token.range) };
  }
  if (token.kind !== "number") {
    if (splat !== "" && token.kind === "*") {
      throw new Diagnostic(
        "Nested splat expression not allowed",
        "A splat expression (*) cannot be used inside another attribute-only splat expression.",
        token.range,
      );
    }
    throw new Diagnostic(
      "Invalid attribute name",
      "An attribute name is required after a dot.",
      token.range,
    );
  }
  peeker.read();
  const [first, second] = token.text.split(".");
  if (second !== undefined) {
    throw new Diagnostic(
      "Invalid legacy index syntax",
      "When using the legacy index syntax, chaining two indexes together is not permitted. Use the " +
        `proper index syntax${splat} instead, like [${first}][${second}].`,
      token.range,
    );
  }
  return { key: numberValue(token), range: between(dot.range, token.range) };
}

/** Parses `source.*.a.b`. Only attributes may follow: they belong to each element. */
function attributeSplat(
  peeker: Peeker,
  source: Expression,
  from: Expression,
  dot: Token,
): Expression {
  const star = peeker.read();
  const first = peeker.nextRange;
  let last = star.range;
  const steps: Step[] = [];
  for (let next: Token | undefined; (next = peeker.accept(".")) !== undefined;) {
    steps.push(stepAfter(peeker, next, " with a full splat expression [*]"));
    last = peeker.previousRange;
  }
  const id = Symbol();
  const marker = between(dot.range, star.range);
  const each: Expression = { kind: "each", splat: id, range: marker };
  const body: Expression = steps.length === 0
    ? each
    : { kind: "relative", source: each, steps, range: between(first, last) };
  return { kind: "splat", source, body, id, range: between(from.range, last), start: marker };
}

function inBrackets(peeker: Peeker, source: Expression, from: Expression): Expression {
  const open = peeker.read();
  if (peeker.accept("*") !== undefined) {
    const close = peeker.expect(
      "]",
      "Missing close bracket on splat index",
      'The star for a full splat operator must be immediately followed by a closing bracket ("]").',
    );
    const id = Symbol();
    const marker = between(open.range, close.range);
    const body = peeker.nested(() =>
      parseTraversals(peeker, { kind: "each", splat: id, range: marker })
    );
    const range = between(from.range, body.range);
    return { kind: "splat", source, body, id, range, start: marker };
  }
  const [key, close] = peeker.within(false, () => {
    const key = parseExpression(peeker);
    const detail = 'The index operator must end with a closing bracket ("]").';
    return [key, peeker.expect("]", "Missing close bracket on index", detail)] as const;
  });
  const bracket = between(open.range, close.range);
  const constant = constantKey(key);
  if (constant !== undefined) return extend(source, { key: constant, range: bracket });
  const range = between(from.range, bracket);
  return { kind: "index", source, key, range, bracket, start: open.range };
}

function constantKey(key: Expression): Value | undefined {
  if (key.kind === "literal") return key.value;
  if (key.kind !== "template" || key.parts.length !== 1) return undefined;
  const [part] = key.parts;
  return part!.kind === "literal" ? part!.value : undefined;
}

/** Adds a step to a traversal, or makes a traversal of another expression. */
function extend(source: Expression, step: Step): Expression {
  if (source.kind !== "scope" && source.kind !== "relative") {
    return { kind: "relative", source, steps: [step], range: between(source.range, step.range) };
  }
  source.steps.push(step);
  source.range = between(source.range, step.range);
  return source;
}

function parseTerm(peeker: Peeker): Expression {
  const token = peeker.peek();
  switch (token.kind) {
    case "(":
      return peeker.within(false, () => parseParentheses(peeker));
    case "number":
      peeker.read();
      return { kind: "literal", value: numberValue(token), range: token.range };
    case "identifier":
      peeker.read();
      return parseName(peeker, token);
    case "open quote":
    case "open heredoc":
      return parseTemplate(peeker);
    case "-":
    case "!": {
      peeker.read();
      const operand = peeker.nested(() => parseOperand(peeker));
      const range = between(token.range, operand.range);
      return { kind: "unary", operator: token.kind, operand, range, start: token.range };
    }
    case "[":
      return peeker.within(false, () => parseTuple(peeker));
    case "{":
      return parseObject(peeker);
    case "end of file":
      throw new Diagnostic(
        "Missing expression",
        "Expected the start of an expression, but found the end of the file.",
        token.range,
      );
    default:
      throw new Diagnostic(
        "Invalid expression",
        "Expected the start of an expression, but found an invalid expression token.",
        token.range,
      );
  }
}

function parseName(peeker: Peeker, token: Token): Expression {
  const { text, range } = token;
  const { kind } = peeker.peek();
  if (kind === "(" || kind === "::") return parseCall(peeker, token);
  const value = constants[text];
  if (value !== undefined) return { kind: "literal", value, range };
  return { kind: "scope", root: text, rootRange: range, steps: [], range };
}

const constants: Partial<Record<string, Value>> = Object.assign(Object.create(null), {
  true: TRUE,
  false: FALSE,
  null: NULL,
});

function parseParentheses(peeker: Peeker): Expression {
  const open = peeker.read();
  const inner = parseExpression(peeker);
  const detail = "Expected a closing parenthesis to terminate the expression.";
  const close = peeker.expect(")", "Unbalanced parentheses", detail);
  return { kind: "parentheses", inner, range: between(open.range, close.range) };
}

function numberValue({ text, range }: { text: string; range: Range }): Value {
  const number = BigFloat.parse(text);
  if (number !== undefined) return numberOf(number);
  throw new Diagnostic(
    "Invalid number literal",
    "Failed to recognize the value of this number literal.",
    range,
  );
}
