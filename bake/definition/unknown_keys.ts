/** Warnings about keys without a meaning. buildx ignores them silently, so they are no errors. */
import { groupAttributes, targetAttributes } from "../attributes/table.ts";
import type { Body } from "../hcl/body.ts";
import { Diagnostic, rangeText } from "../hcl/diagnostic.ts";
import type { Declarations } from "./declarations.ts";

const known = new Map([
  ["target", [...Object.keys(targetAttributes), "name", "matrix"]],
  ["group", [...Object.keys(groupAttributes), "name", "matrix"]],
]);

const TOP = new Map(["variable", "function", "target", "group"].map((type) => [type, ["name"]]));

/** The unknown keys of targets and groups, and the unknown blocks of the files. */
function unknownKeys(bodies: readonly Body[], { blocks }: Declarations): Diagnostic[] {
  return [
    // Every attribute of a file is a global value.
    ...bodies.flatMap((body) => {
      const attributes = [...body.attributesBut(new Set(TOP.keys())).keys()];
      return body.others({ attributes, blocks: TOP });
    }),
    ...blocks.flatMap(({ type, body }) => body.others({ attributes: known.get(type)! })),
  ];
}

/** Reports the unknown keys. A file with another mistake gets that mistake's error instead. */
export function warnOfUnknownKeys(
  bodies: readonly Body[],
  declarations: Declarations,
  warn: (text: string) => void,
): void {
  try {
    for (const { detail, subject } of unknownKeys(bodies, declarations)) {
      warn(`${subject ? `${rangeText(subject)}: ` : ""}${detail} It is ignored.`);
    }
  } catch (error) {
    if (!(error instanceof Diagnostic)) throw error;
  }
}
