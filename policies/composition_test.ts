import assert from "node:assert/strict";
import { parsePolicy } from "../grammar/policy.ts";
import { choosePolicies, type ChosenPolicy } from "./composition.ts";

const plain = (files: string[], strict = false, logLevel?: string) => ({ files, strict, logLevel });

Deno.test("values of --policy compose as in buildx", () => {
  const cases: [values: string[], beside: boolean, want: unknown[]][] = [
    [[], true, [plain([])]],
    [[], false, []],
    [["filename=a"], true, [plain([]), plain(["a"])]],
    [["filename=a,filename=b"], false, [plain(["a", "b"])]],
    [["filename=a", "filename=b"], false, [plain(["a"]), plain(["b"])]],
    [["reset=true"], true, []],
    [["reset=true,filename=a"], true, [plain(["a"])]],
    [["filename=a", "reset=true", "filename=b"], true, [plain(["b"])]],
    // Without a file, a value tunes the last policy …
    [["strict=true"], true, [plain([], true)]],
    [["filename=a", "log-level=DEBUG"], true, [plain([]), plain(["a"], false, "debug")]],
    // … or all that follow, where there is none yet.
    [["strict=true", "filename=a", "filename=b"], false, [plain(["a"], true), plain(["b"], true)]],
    [
      ["log-level=warn", "filename=a,log-level=info", "filename=b"],
      false,
      [plain(["a"], false, "info"), plain(["b"], false, "warning")],
    ],
    [["strict=true", "strict=false", "filename=a"], false, [plain(["a"])]],
    [["reset=true,strict=true", "filename=a"], true, [plain(["a"], true)]],
    [["disabled=false"], true, [plain([])]],
    [["strict=true"], false, []],
  ];
  for (const [values, beside, want] of cases) {
    const chosen = choosePolicies(values.map(parsePolicy), beside) as ChosenPolicy[];
    assert.deepEqual(chosen, want, values.join(" "));
  }
  assert.equal(choosePolicies([parsePolicy("disabled=true")], true), "disabled");
});

Deno.test("values of --policy that are refused", () => {
  const cases: [string[], RegExp][] = [
    [["filename="], /^invalid value filename=$/],
    [["a"], /^invalid value a$/],
    [["what=1"], /^invalid value what=1$/],
    [["reset=maybe"], /^invalid value reset=maybe: strconv.ParseBool: parsing "maybe": invalid/],
    [["log-level=loud"], /^invalid value log-level=loud: not a valid logrus Level: "loud"$/],
    [["disabled=true,reset=true"], /disabled policy cannot be combined/],
    [["disabled=true", "filename=a"], /disabled policy cannot be combined/],
    [["filename=a", "disabled=true"], /disabled policy cannot be combined/],
    [["disabled=true", "reset=false"], /disabled policy cannot be combined/],
  ];
  for (const [values, want] of cases) {
    assert.throws(() => choosePolicies(values.map(parsePolicy), true), { message: want });
  }
});
