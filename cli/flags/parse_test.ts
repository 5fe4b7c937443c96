import assert from "node:assert/strict";
import { UsageError } from "../../base/usage_error.ts";
import { parseFlags } from "./parse.ts";
import type { FlagSpecs } from "./spec.ts";

const specs = {
  quiet: { kind: "bool", short: "q", summary: "" },
  load: { kind: "bool", summary: "" },
  file: { kind: "string", short: "f", summary: "" },
  output: { kind: "array", short: "o", summary: "" },
  platform: { kind: "slice", summary: "" },
  timeout: { kind: "duration", default: "20s", summary: "" },
  memory: { kind: "bytes", short: "m", summary: "" },
  depth: { kind: "int", default: "3", summary: "" },
  call: { kind: "string", default: "build", summary: "" },
  attest: { kind: "string", bare: "max", summary: "" },
  builder: { kind: "string", env: "THE_BUILDER", summary: "" },
  config: { kind: "string", sets: "file", summary: "" },
  secret: { kind: "string", hidden: true, summary: "" },
} as const satisfies FlagSpecs;

const none = () => undefined;

function values(line: string[], env: (name: string) => string | undefined = none) {
  const { values, args } = parseFlags(specs, line, env);
  return { ...values, args };
}

const good: [string[], Record<string, unknown>][] = [
  [[], { quiet: false, file: "", output: [], platform: [], timeout: 20000, depth: 3, args: [] }],
  [["--quiet"], { quiet: true }],
  [["--quiet=false"], { quiet: false }],
  [["--quiet=F", "--load=1"], { quiet: false, load: true }],
  [["--quiet", "false"], { quiet: true, args: ["false"] }],
  [["-q=false"], { quiet: false }],
  [["-qf", "FILE"], { quiet: true, file: "FILE" }],
  [["-qfFILE"], { quiet: true, file: "FILE" }],
  [["-fq"], { quiet: false, file: "q" }],
  [["-f=FILE"], { file: "FILE" }],
  [["-f="], { file: "=" }],
  [["-f", "-q"], { file: "-q", quiet: false }],
  [["--file", "--", "x"], { file: "--", args: ["x"] }],
  [["--file="], { file: "" }],
  [["--file=a=b"], { file: "a=b" }],
  [["--file", "a", "--file", "b"], { file: "b" }],
  [["--file", "a", "--config", "b"], { file: "b" }],
  [["-o", "a,b", "-o=c", "-od"], { output: ["a,b", "c", "d"] }],
  [["--platform", 'a,b,"c,d"', "--platform=e"], { platform: ["a", "b", "c,d", "e"] }],
  [["--platform="], { platform: [] }],
  [["--timeout", "1h30m"], { timeout: 5_400_000 }],
  [["--timeout=1.5s"], { timeout: 1500 }],
  [["-m", "64m"], { memory: 64 * 2 ** 20 }],
  [["--memory=1gb"], { memory: 2 ** 30 }],
  [["--depth=-1"], { depth: -1 }],
  [["--depth", "0x10"], { depth: 16 }],
  [["--attest"], { attest: "max" }],
  [["--attest", "x"], { attest: "max", args: ["x"] }],
  [["--attest=min"], { attest: "min" }],
  [["a", "--quiet", "b", "-f", "c", "d"], { args: ["a", "b", "d"], quiet: true, file: "c" }],
  [["-", "-q"], { args: ["-"], quiet: true }],
  [["a", "--", "-q", "--nope"], { args: ["a", "-q", "--nope"], quiet: false }],
  [[""], { args: [""] }],
];

for (const [line, expected] of good) {
  Deno.test(`parseFlags() reads ${JSON.stringify(line)}`, () => {
    const read: Record<string, unknown> = values(line);
    const picked = Object.fromEntries(Object.keys(expected).map((key) => [key, read[key]]));
    assert.deepEqual(picked, expected);
  });
}

const bad: [string[], string, string?][] = [
  [["--nope"], "unknown flag: --nope"],
  [["--fiel", "x"], "unknown flag: --fiel", "did you mean --file?"],
  [["--fiel=x"], "unknown flag: --fiel", "did you mean --file?"],
  [["--secert"], "unknown flag: --secert"],
  [["-x"], "unknown shorthand flag: 'x' in -x"],
  [["-qxf"], "unknown shorthand flag: 'x' in -xf"],
  [
    ["-q=x"],
    'invalid argument "x" for "-q, --quiet" flag: strconv.ParseBool: parsing "x": invalid syntax',
    "write true or false",
  ],
  [["-platform"], "unknown shorthand flag: 'p' in -platform", "did you mean --platform?"],
  [["--file"], "flag needs an argument: --file", "--file needs a value: "],
  [["-f"], "flag needs an argument: 'f' in -f", "-f needs a value: "],
  [["-qf"], "flag needs an argument: 'f' in -f", "-f needs a value: "],
  [["--=x"], "bad flag syntax: --=x"],
  [["---file"], "bad flag syntax: ---file"],
  [["--constructor"], "unknown flag: --constructor"],
  [
    ["--load=maybe"],
    'invalid argument "maybe" for "--load" flag: strconv.ParseBool: parsing "maybe": invalid syntax',
    "write true or false",
  ],
  [
    ["--timeout", "x"],
    'invalid argument "x" for "--timeout" flag: time: invalid duration "x"',
    "write a time, like 30s or 5m",
  ],
  [
    ["--timeout=5"],
    'invalid argument "5" for "--timeout" flag: time: missing unit in duration "5"',
    "write a unit, like 5s or 5m",
  ],
  [
    ["--timeout=5d"],
    'invalid argument "5d" for "--timeout" flag: time: unknown unit "d" in duration "5d"',
    "write a time, like 30s or 5m",
  ],
  [
    ["-m", "x"],
    'invalid argument "x" for "-m, --memory" flag: invalid size: \'x\'',
    "write a size, like 512mb or 10gb",
  ],
  [
    ["-m", "1xb"],
    'invalid argument "1xb" for "-m, --memory" flag: invalid suffix: \'xb\'',
    "write a size, like 512mb or 10gb",
  ],
  [
    ["--depth=1.5"],
    'invalid argument "1.5" for "--depth" flag: strconv.ParseInt: parsing "1.5": invalid syntax',
    "write a whole number, like 3",
  ],
  [
    ["--platform", 'a"b'],
    'invalid argument "a\\"b" for "--platform" flag: parse error on line 1, column 2: bare " in non-quoted-field',
  ],
];

for (const [line, message, hint] of bad) {
  Deno.test(`parseFlags() refuses ${JSON.stringify(line)}`, () => {
    assert.throws(() => values(line), (error: unknown) => {
      assert.ok(error instanceof UsageError);
      assert.equal(error.message, message);
      assert.equal(error.hint, hint);
      return true;
    });
  });
}

Deno.test("parseFlags() takes a default from a variable, and a typed value before it", () => {
  const env = (name: string) => name === "THE_BUILDER" ? "remote1" : undefined;
  assert.equal(values([], env).builder, "remote1");
  assert.equal(values(["--builder="], env).builder, "");
  assert.equal(values(["--builder", "x"], env).builder, "x");
});

Deno.test("parseFlags() lists what was typed, in order", () => {
  const { given, occurrences } = parseFlags(specs, ["--config", "x", "-q", "-f", "y"], none);
  assert.deepEqual([...given], ["file", "quiet"]);
  assert.deepEqual(occurrences.map(({ name, value }) => `${name}=${value}`), [
    "config=x",
    "quiet=true",
    "file=y",
  ]);
});
