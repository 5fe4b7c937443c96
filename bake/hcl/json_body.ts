/**
 * A body in JSON. Where a block may come several times, an array may replace an object. At the
 * level of the labels, its objects are merged; below the labels, each is a block.
 */
import type { Attribute, Block, Body, Content, Schema } from "./body.ts";
import { between, Diagnostic, type Range, rangeText } from "./diagnostic.ts";
import type { Expression } from "./expression.ts";
import { fixedJsonExpression, jsonExpression } from "./json_expression.ts";
import type { JsonMember, JsonNode } from "./syntax/json_parser.ts";
import { didYouMean } from "./values/text.ts";
import { quote } from "../../base/go/quote.ts";

/** The name of members that are comments. */
const COMMENT = "//";

export function jsonBody(node: JsonNode): Body {
  return {
    content: (schema) => contentOf(node, schema),
    attributesBut: (names) => attributesBut(node, names),
    others: (schema) => others(node, schema),
    missingRange: node.kind === "object" ? node.close : node.start,
  };
}

function attributeOf({ name, nameRange, value }: JsonMember): Attribute {
  let expression: Expression | undefined, fixed: Expression | undefined;
  return {
    name,
    nameRange,
    range: between(nameRange, value.range),
    get expression() {
      return expression ??= jsonExpression(value);
    },
    get fixed() {
      return fixed ??= fixedJsonExpression(value);
    },
  };
}

function contentOf(node: JsonNode, { attributes = [], blocks = new Map() }: Schema): Content {
  const content: Content = { attributes: new Map(), blocks: [] };
  for (const member of members(node)) {
    const { name, nameRange, value } = member;
    const labels = blocks.get(name);
    if (attributes.includes(name)) {
      const first = content.attributes.get(name);
      if (first !== undefined) throw twice("Duplicate argument", name, first.range, nameRange);
      content.attributes.set(name, attributeOf(member));
    } else if (labels !== undefined) {
      for (const block of blocksOf(value, name, labels, [], [])) content.blocks.push(block);
    }
  }
  return content;
}

function twice(summary: string, name: string, first: Range, second: Range): Diagnostic {
  const detail = `The argument ${quote(name)} was already set at ${rangeText(first)}.`;
  return new Diagnostic(summary, detail, second);
}

function attributesBut(node: JsonNode, names: ReadonlySet<string>): Map<string, Attribute> {
  if (node.kind !== "object") {
    throw wrongType("A JSON object is required here, setting the arguments for this block.", node);
  }
  const attributes = new Map<string, Attribute>();
  for (const member of node.members) {
    const { name, nameRange } = member;
    if (name === COMMENT || names.has(name)) continue;
    const first = attributes.get(name);
    if (first !== undefined) {
      throw twice("Duplicate attribute definition", name, first.range, nameRange);
    }
    attributes.set(name, attributeOf(member));
  }
  return attributes;
}

function others(
  node: JsonNode,
  { attributes = [], blocks = new Map() }: Schema,
): Diagnostic[] {
  const known = [...attributes, ...blocks.keys()];
  return members(node).filter(({ name }) => name !== COMMENT && !known.includes(name))
    .map(({ name, nameRange }) =>
      new Diagnostic(
        "Extraneous JSON object property",
        `No argument or block type is named ${quote(name)}.${didYouMean(name, known)}`,
        nameRange,
      )
    );
}

/** @param label the meaning of the members' names, if they are labels */
function members(node: JsonNode, label?: string): JsonMember[] {
  const purpose = label === undefined
    ? "to define arguments and child blocks."
    : `to specify ${label} labels for this block.`;
  if (node.kind === "null") return [];
  if (node.kind === "object") return [...node.members];
  if (node.kind !== "array") {
    throw wrongType(
      `Either a JSON object or JSON array of objects is required here, ${purpose}`,
      node,
    );
  }
  return node.items.flatMap((item) => {
    if (item.kind === "object") return item.members;
    throw wrongType(`A JSON object is required here, ${purpose}`, item);
  });
}

function wrongType(detail: string, { start }: JsonNode): Diagnostic {
  return new Diagnostic("Incorrect JSON value type", detail, start);
}

function blocksOf(
  node: JsonNode,
  type: string,
  labelNames: readonly string[],
  labels: readonly string[],
  labelRanges: readonly Range[],
): Block[] {
  const [label, ...rest] = labelNames;
  if (label !== undefined) {
    const found = members(node, label);
    if (found.length === 0) {
      throw new Diagnostic(
        "Missing block label",
        "At least one object property is required, whose name represents the " +
          `${type} block's ${label}.`,
        node.start,
      );
    }
    return found.flatMap(({ name, nameRange, value }) =>
      blocksOf(value, type, rest, [...labels, name], [...labelRanges, nameRange])
    );
  }
  const block = (body: JsonNode): Block => ({
    type,
    labels,
    labelRanges,
    body: jsonBody(body),
    range: node.start,
  });
  if (node.kind === "null") return [];
  if (node.kind === "object") return [block(node)];
  if (node.kind === "array") return node.items.map(block);
  throw wrongType(
    "Either a JSON object or a JSON array is required, representing the contents of one or more " +
      `${quote(type)} blocks.`,
    node,
  );
}
