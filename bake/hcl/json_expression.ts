/** JSON values as expressions. Every string is a template, and so are the names of objects. */
import type { Range } from "./diagnostic.ts";
import type { Expression } from "./expression.ts";
import { parseExpressionText } from "./syntax/expression_parser.ts";
import type { JsonNode } from "./syntax/json_parser.ts";
import { parseTemplateText } from "./syntax/template_parser.ts";
import { boolOf, NULL, numberOf, stringOf } from "./values/value.ts";

/** Throws a `Diagnostic`. */
export function jsonExpression(node: JsonNode): Expression {
  return convert(node, template);
}

/** A JSON value as a keyword, a type or a name: its strings are expressions, not templates. */
export function fixedJsonExpression(node: JsonNode): Expression {
  return convert(node, (text, range) => {
    try {
      return { ...parseExpressionText(text, range.file, range.start), range };
    } catch {
      return { kind: "template", parts: [plain(text, range)], range };
    }
  });
}

type ReadText = (text: string, range: Range) => Expression;

function template(text: string, range: Range): Expression {
  if (!/[$%]\{/.test(text)) return { kind: "template", parts: [plain(text, range)], range };
  const { line, column } = range.start;
  const inner = parseTemplateText(text, range.file, { line, column: column + 1 });
  return { kind: "wrap", inner, range };
}

function plain(text: string, range: Range): Expression {
  return { kind: "literal", value: stringOf(text), range };
}

function convert(node: JsonNode, read: ReadText): Expression {
  const { range, start } = node;
  switch (node.kind) {
    case "string":
      return read(node.value, range);
    case "number":
      return { kind: "literal", value: numberOf(node.value), range };
    case "bool":
      return { kind: "literal", value: boolOf(node.value), range };
    case "null":
      return { kind: "literal", value: NULL, range };
    case "array":
      return {
        kind: "tuple",
        items: node.items.map((item) => convert(item, read)),
        range,
        start,
      };
    case "object":
      return {
        kind: "object",
        items: node.members.map(({ name, nameRange, value }) => ({
          key: read(name, nameRange),
          computed: read === template,
          value: convert(value, read),
          unique: true,
        })),
        range,
        start,
      };
  }
}
