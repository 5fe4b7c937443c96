/**
 * Sample definitions, many to a file of text:
 *
 *     ==== name of the sample
 *     $ TAG=v1 app --set app.pull=true
 *     target "app" { tags = ["x:v1"] }
 *     -- more.json
 *     {"target": {"app": {"pull": false}}}
 *
 * The line with the dollar, which may be missing, has variables of the environment and arguments;
 * the first file is `b.hcl` unless the sample begins with a line that names one.
 */

export interface Sample {
  readonly name: string;
  readonly env: ReadonlyMap<string, string>;
  readonly args: readonly string[];
  /** In the order that they are read. */
  readonly files: readonly { readonly name: string; readonly text: string }[];
}

/** All samples of the folder's text files, by the file's name. */
export function readSamples(): Map<string, Sample[]> {
  const folder = new URL("samples/", import.meta.url);
  const all = new Map<string, Sample[]>();
  for (const { name } of Deno.readDirSync(folder)) {
    const text = Deno.readTextFileSync(new URL(name, folder));
    all.set(name.replace(/\.txt$/, ""), parseSamples(text));
  }
  return new Map([...all].sort());
}

function parseSamples(text: string): Sample[] {
  const parts = text.split(/^==== (.*)\n/m).slice(1);
  const samples: Sample[] = [];
  for (let i = 0; i < parts.length; i += 2) samples.push(parseSample(parts[i]!, parts[i + 1]!));
  return samples;
}

function parseSample(name: string, text: string): Sample {
  const env = new Map<string, string>();
  const args: string[] = [];
  const command = /^\$ (.*)\n/.exec(text);
  const words = command?.[1]?.match(/(?:[^\s']|'[^']*')+/g) ?? [];
  for (const word of words) {
    const plain = word.replaceAll("'", "");
    const variable = /^([A-Z_]+)=([^]*)$/.exec(plain);
    if (variable !== null && args.length === 0) env.set(variable[1]!, variable[2]!);
    else args.push(plain);
  }
  const body = command === null ? text : text.slice(command[0].length);
  const [first, ...rest] = body.split(/^-- (\S+)\n/m);
  const files = first === "" ? [] : [{ name: "b.hcl", text: first! }];
  for (let i = 0; i < rest.length; i += 2) files.push({ name: rest[i]!, text: rest[i + 1]! });
  return { name, env, args, files };
}

/** Expressions as the arguments of one target, `v0` and on; `\N` in one is a new line. */
export function expressionsSample(expressions: readonly string[]): Sample {
  const args = expressions.map((expression, i) =>
    `    v${i} = jsonencode(${expression.replaceAll("\\N", "\n")})\n`
  );
  const text = `target "default" {\n  args = {\n${args.join("")}  }\n}\n`;
  return { name: "", env: new Map(), args: [], files: [{ name: "b.hcl", text }] };
}

/** Whether what a run put out is an error. */
export function isError(output: string): boolean {
  return /^ERROR: /m.test(output);
}
