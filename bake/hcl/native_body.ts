/** A body in HCL's own syntax. */
import type { Attribute, Block, Body, Content, Schema } from "./body.ts";
import type { NativeAttribute, NativeBlock, NativeBody } from "./syntax/body_parser.ts";
import { between, Diagnostic, type Range } from "./diagnostic.ts";
import { didYouMean } from "./values/text.ts";
import { quote } from "../../base/go/quote.ts";

export function nativeBody(body: NativeBody): Body {
  return {
    content: (schema) => contentOf(body, schema),
    attributesBut: (names) => {
      const attributes = new Map<string, Attribute>();
      for (const [name, attribute] of body.attributes) {
        if (!names.has(name)) attributes.set(name, attributeOf(attribute));
      }
      return attributes;
    },
    others: (schema) => others(body, schema),
    missingRange: body.missingRange,
  };
}

function attributeOf(attribute: NativeAttribute): Attribute {
  return { ...attribute, fixed: attribute.expression };
}

function contentOf(body: NativeBody, { attributes = [], blocks = new Map() }: Schema): Content {
  const found = new Map<string, Attribute>();
  for (const name of attributes) {
    const attribute = body.attributes.get(name);
    if (attribute !== undefined) found.set(name, attributeOf(attribute));
  }
  const wanted: Block[] = [];
  for (const block of body.blocks) {
    const labels = blocks.get(block.type);
    if (labels !== undefined) wanted.push(blockOf(block, labels));
  }
  return { attributes: found, blocks: wanted };
}

function blockOf(block: NativeBlock, names: readonly string[]): Block {
  const { type, labels, labelRanges, typeRange, openRange } = block;
  if (labels.length > names.length) {
    throw new Diagnostic(
      `Extraneous label for ${type}`,
      names.length === 0
        ? `No labels are expected for ${type} blocks.`
        : `Only ${names.length} labels (${names.join(", ")}) are expected for ${type} blocks.`,
      labelRanges[names.length],
    );
  }
  if (labels.length < names.length) {
    throw new Diagnostic(
      `Missing ${names[labels.length]} for ${type}`,
      `All ${type} blocks must have ${names.length} labels (${names.join(", ")}).`,
      openRange,
    );
  }
  const head: Range = between(typeRange, labelRanges.at(-1) ?? typeRange);
  return { type, labels, body: nativeBody(block.body), labelRanges, range: head };
}

function others(
  body: NativeBody,
  { attributes = [], blocks = new Map() }: Schema,
): Diagnostic[] {
  const found: Diagnostic[] = [];
  for (const [name, { nameRange }] of body.attributes) {
    if (attributes.includes(name)) continue;
    const missing = attributes.filter((other) => !body.attributes.has(other));
    const hint = didYouMean(name, missing) ||
      (blocks.has(name) ? ` Did you mean to define a block of type ${quote(name)}?` : "");
    found.push(
      new Diagnostic(
        "Unsupported argument",
        `An argument named ${quote(name)} is not expected here.${hint}`,
        nameRange,
      ),
    );
  }
  for (const { type, typeRange } of body.blocks) {
    if (blocks.has(type)) continue;
    const attribute =
      ` Did you mean to define argument ${quote(type)}? If so, use the equals sign to ` +
      "assign it a value.";
    const hint = didYouMean(type, blocks.keys()) || (attributes.includes(type) ? attribute : "");
    found.push(
      new Diagnostic(
        "Unsupported block type",
        `Blocks of type ${quote(type)} are not expected here.${hint}`,
        typeRange,
      ),
    );
  }
  return found;
}
