/** Parses calls, `name(arguments)`. A name may have namespaces, but no function of bake has one. */
import { between, Diagnostic } from "../diagnostic.ts";
import type { Expression } from "../expression.ts";
import { parseExpression } from "./expression_parser.ts";
import type { Peeker } from "./peeker.ts";
import type { Token } from "./token.ts";

/** Parses a call whose name was already read. */
export function parseCall(peeker: Peeker, first: Token): Expression {
  const [name, nameRange, open] = readName(peeker, first);
  return peeker.within(false, () => {
    const args: Expression[] = [];
    let expand = false;
    let close = peeker.accept(")");
    while (close === undefined) {
      args.push(parseExpression(peeker));
      const separator = peeker.read();
      if (separator.kind === ")") close = separator;
      else if (separator.kind === "...") {
        expand = true;
        close = peeker.accept(")");
        if (close === undefined) throw notLast(separator);
      } else if (separator.kind === ",") close = peeker.accept(")");
      else throw badSeparator(separator, first, open);
    }
    return {
      kind: "call",
      name,
      args,
      expand,
      nameRange,
      open: open.range,
      close: close.range,
      range: between(nameRange, close.range),
      start: between(nameRange, open.range),
    };
  });
}

function readName(peeker: Peeker, first: Token): [string, Token["range"], Token] {
  let name = first.text, last = first;
  while (peeker.accept("::") !== undefined) {
    last = peeker.expect(
      "identifier",
      "Missing function name",
      "Function scope resolution symbol :: must be followed by a function name in this scope.",
    );
    name += `::${last.text}`;
  }
  const open = peeker.expect(
    "(",
    "Missing open parenthesis",
    "Function selector must be followed by an open parenthesis to begin the function call.",
  );
  return [name, between(first.range, last.range), open];
}

function notLast({ range }: Token): Diagnostic {
  return new Diagnostic(
    "Missing closing parenthesis",
    "An expanded function argument (with ...) must be immediately followed by closing parentheses.",
    range,
  );
}

function badSeparator({ kind, range }: Token, name: Token, open: Token): Diagnostic {
  if (kind === "end of file") {
    return new Diagnostic(
      "Unterminated function call",
      "There is no closing parenthesis for this function call before the end of the file. This may " +
        "be caused by incorrect parenthesis nesting elsewhere in this file.",
      between(name.range, open.range),
    );
  }
  return new Diagnostic(
    "Missing argument separator",
    "A comma is required to separate each function argument from the next.",
    range,
  );
}
