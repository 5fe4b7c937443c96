/**
 * Golden cases of bake's language: texts in `bake/golden/`, with the output that buildx gave for
 * them.
 * `bake/golden_test.ts` compares ours with it, `record_golden_test.ts` records it.
 *
 * Definitions and compose files:
 *
 *     ==== name of the case
 *     $ TAG=v1 app --set app.pull=true
 *     target "app" { tags = ["x:v1"] }
 *     -- more.json
 *     {"target": {"app": {"pull": false}}}
 *     -- expected
 *     {"group": …}
 *
 * The line with the dollar is optional. It has variables of the environment, and arguments. The
 * first file is `b.hcl` unless a line above it names it.
 *
 * Expressions, with the value in JSON or the error below:
 *
 *     upper("a")
 *       = "A"
 *     upper([])
 *       ! b.hcl:3,27-28: Invalid function argument; …
 *
 * `\N` is a new line. `~~ ` before an expression says that ours differs: `docs/bake.md` says why.
 */
const root = new URL("../../bake/golden/", import.meta.url);

/** Files that a program reads, and the words that it is given. */
export interface Sample {
  readonly name: string;
  readonly env: ReadonlyMap<string, string>;
  readonly args: readonly string[];
  /** The files in the order in which they are read. */
  readonly files: readonly { readonly name: string; readonly text: string }[];
}

export interface GoldenCase extends Sample {
  /** The lines of the case without those that were recorded. */
  readonly source: string;
  readonly expected: string;
}

export interface GoldenExpression {
  readonly text: string;
  /** True if our output differs from buildx's on purpose. */
  readonly differs: boolean;
  /** `= VALUE` or `! ERROR`. */
  readonly expected: string;
}

const HEAD = /^Recorded from buildx (\S+)\.\n/;

export type Kind = "definitions" | "compose" | "expressions";

/** The names of the files of a kind, without `.txt`. */
export function goldenFiles(kind: Kind): string[] {
  return [...Deno.readDirSync(new URL(`${kind}/`, root))]
    .map(({ name }) => name.replace(/\.txt$/, "")).sort();
}

function readGolden(kind: Kind, name: string): { version: string; text: string } {
  const all = Deno.readTextFileSync(new URL(`${kind}/${name}.txt`, root));
  const head = HEAD.exec(all);
  return { version: head?.[1] ?? "", text: head === null ? all : all.slice(head[0].length) };
}

/** The version of the peer that a file was recorded from. */
export function goldenVersion(kind: Kind, name: string): string {
  return readGolden(kind, name).version;
}

export function readCases(kind: "definitions" | "compose", name: string): GoldenCase[] {
  const parts = readGolden(kind, name).text.split(/^==== (.*)\n/m).slice(1);
  const cases: GoldenCase[] = [];
  for (let i = 0; i < parts.length; i += 2) cases.push(parseCase(parts[i]!, parts[i + 1]!));
  return cases;
}

function parseCase(name: string, text: string): GoldenCase {
  const [source = "", expected = ""] = text.split(/^-- expected\n/m);
  const env = new Map<string, string>();
  const args: string[] = [];
  const command = /^\$ (.*)\n/.exec(source);
  const words = command?.[1]?.match(/(?:[^\s']|'[^']*')+/g) ?? [];
  for (const word of words) {
    const plain = word.replaceAll("'", "");
    const variable = /^([A-Z_]+)=([^]*)$/.exec(plain);
    if (variable !== null && args.length === 0) env.set(variable[1]!, variable[2]!);
    else args.push(plain);
  }
  const body = command === null ? source : source.slice(command[0].length);
  const [first, ...rest] = body.split(/^-- (\S+)\n/m);
  const files = first === "" ? [] : [{ name: "b.hcl", text: first! }];
  for (let i = 0; i < rest.length; i += 2) files.push({ name: rest[i]!, text: rest[i + 1]! });
  return { name, env, args, files, source, expected: expected.trimEnd() };
}

export function writeCases(
  kind: "definitions" | "compose",
  name: string,
  version: string,
  cases: readonly GoldenCase[],
): void {
  const texts = cases.map(({ name, source, expected }) =>
    `==== ${name}\n${source}-- expected\n${expected}\n`
  );
  write(kind, name, version, texts.join(""));
}

export function readExpressions(name: string): GoldenExpression[] {
  const found: GoldenExpression[] = [];
  for (const line of readGolden("expressions", name).text.trimEnd().split("\n")) {
    if (line.startsWith("  ")) found.push({ ...found.pop()!, expected: line.slice(2) });
    else {
      const differs = line.startsWith("~~ ");
      found.push({ text: differs ? line.slice(3) : line, differs, expected: "" });
    }
  }
  return found;
}

export function writeExpressions(
  name: string,
  version: string,
  expressions: readonly GoldenExpression[],
): void {
  const lines = expressions.map(({ text, differs, expected }) =>
    `${differs ? "~~ " : ""}${text}\n  ${expected}\n`
  );
  write("expressions", name, version, lines.join(""));
}

function write(kind: Kind, name: string, version: string, text: string): void {
  const path = new URL(`${kind}/${name}.txt`, root);
  Deno.writeTextFileSync(path, `Recorded from buildx ${version}.\n${text}`);
}

/** Expressions as the arguments of one target, `v0` and on. */
export function expressionsSample(expressions: readonly string[]): Sample {
  const args = expressions.map((expression, i) =>
    `    v${i} = jsonencode(${expression.replaceAll("\\N", "\n")})\n`
  );
  const text = `target "default" {\n  args = {\n${args.join("")}  }\n}\n`;
  return { name: "", env: new Map(), args: [], files: [{ name: "b.hcl", text }] };
}

/** Returns whether the output of a run is an error. */
export function isError(output: string): boolean {
  return /^ERROR: /m.test(output);
}

/** The output of a run of `expressionsSample` as the golden lines of its expressions. */
export function expressionResults(output: string): string[] {
  if (isError(output)) {
    const error = output.slice(output.search(/^ERROR: /m) + 7).replaceAll("\n", "\\N");
    // The peer's functions may panic. The stack differs in each run.
    return [`! ${error.replace(/\\Ngoroutine .*/, "")}`];
  }
  const args: Record<string, string> = JSON.parse(output).target.default.args;
  // Names are printed sorted: `v10` before `v2`. Escapes of templates are `--print`'s.
  return Object.entries(args).sort(([a], [b]) => Number(a.slice(1)) - Number(b.slice(1)))
    .map(([, value]) => `= ${value}`);
}
