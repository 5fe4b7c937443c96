/** A body in HCL's own syntax. */
import type { Attribute, Block, Body, Schema } from "./body.ts";
import { Diagnostic, type Range } from "./diagnostic.ts";
import { didYouMean } from "./values/text.ts";
import { quote } from "../../base/go/quote.ts";

/** A block with the ranges of its type and of its opening brace. */
export interface NativeBlock extends Block {
  readonly typeRange: Range;
  readonly openRange: Range;
}

type Attributes = ReadonlyMap<string, Attribute>;

export function nativeBody(
  attributes: Attributes,
  blocks: readonly NativeBlock[],
  missingRange: Range,
): Body {
  const chosen = (isChosen: (name: string) => boolean) =>
    new Map([...attributes].filter(([name]) => isChosen(name)));
  return {
    content: ({ attributes: names = [], blocks: labels = new Map() }) => {
      const wanted = blocks.filter(({ type }) => labels.has(type));
      for (const block of wanted) checkLabels(block, labels.get(block.type)!);
      return { attributes: chosen((name) => names.includes(name)), blocks: wanted };
    },
    attributesBut: (names) => chosen((name) => !names.has(name)),
    others: (schema) => [...otherAttributes(attributes, schema), ...otherBlocks(blocks, schema)],
    missingRange,
  };
}

function checkLabels(block: NativeBlock, names: readonly string[]): void {
  const { type, labels, labelRanges, openRange } = block;
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
}

function otherAttributes(
  own: Attributes,
  { attributes = [], blocks = new Map() }: Schema,
): Diagnostic[] {
  const missing = attributes.filter((name) => !own.has(name));
  return [...own.values()].filter(({ name }) => !attributes.includes(name))
    .map(({ name, nameRange }) => {
      const hint = didYouMean(name, missing) ||
        (blocks.has(name) ? ` Did you mean to define a block of type ${quote(name)}?` : "");
      const detail = `An argument named ${quote(name)} is not expected here.${hint}`;
      return new Diagnostic("Unsupported argument", detail, nameRange);
    });
}

function otherBlocks(
  own: readonly NativeBlock[],
  { attributes = [], blocks = new Map() }: Schema,
): Diagnostic[] {
  return own.filter(({ type }) => !blocks.has(type)).map(({ type, typeRange }) => {
    const attribute =
      ` Did you mean to define argument ${quote(type)}? If so, use the equals sign to ` +
      "assign it a value.";
    const hint = didYouMean(type, blocks.keys()) || (attributes.includes(type) ? attribute : "");
    const detail = `Blocks of type ${quote(type)} are not expected here.${hint}`;
    return new Diagnostic("Unsupported block type", detail, typeRange);
  });
}
