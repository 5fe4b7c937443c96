import assert from "node:assert/strict";
import { says } from "../tests/transports/says.ts";
import { formatOptions, redact, splitEndpoint } from "./endpoint.ts";
import { EndpointError } from "./errors.ts";

const rules = {
  example: "x://NAME",
  options: [
    { name: "region", summary: "where" },
    { name: "token", summary: "who", secret: true },
  ],
};

Deno.test("splitEndpoint takes the text as typed", () => {
  const { scheme, address, options } = splitEndpoint("X:////./pipe/A b%20?region=a+b%2Fc", rules);
  assert.deepEqual([scheme, address, [...options]], ["x", "//./pipe/A b%20", [[
    "region",
    "a b/c",
  ]]]);
});

Deno.test("an option without a value counts as not given", () => {
  assert.deepEqual([...splitEndpoint("x://n?region=&token", rules).options], []);
  const required = { ...rules, options: [{ name: "id", summary: "which one", required: true }] };
  assert.throws(() => splitEndpoint("x://n?id=", required), /it lacks option id \(which one\)/);
});

Deno.test("splitEndpoint refuses unknown and repeated options, and texts that are no endpoint", () => {
  for (
    const [endpoint, expected] of [
      ["x://n?regoin=1", /it has no option "regoin".*did you mean "region"\?.*region, token/],
      ["x://n?region=1&region=2", /option "region" is given twice/],
      ["x://n\n", /control character/],
      ["n", /no scheme.*x:\/\/NAME/],
    ] as const
  ) {
    assert.throws(() => splitEndpoint(endpoint, rules), says(EndpointError, expected));
  }
});

Deno.test("redact hides passwords and options that may be secret", () => {
  for (
    const [endpoint, expected] of [
      ["ssh://u:hunter2@h:22/s", "ssh://u:***@h:22/s"],
      ["ssh://u:a@hunter2@h", "ssh://u:***@h"],
      ["ssh://u@h", "ssh://u@h"],
      ["unix:///a:b@c", "unix:///a:b@c"],
      ["x://n?region=eu&token=hunter2", "x://n?region=eu&token=***"],
      ["x://n?tok%65n=hunter2", "x://n?tok%65n=***"],
      ["x://n?other=hunter2", "x://n?other=***"],
      ["x://n?region=eu", "x://n?region=eu"],
      ["u:hunter2@h", "u:***@h"],
      ["x://n?region=tcp://u:hunter2@h:1/p", "x://n?region=tcp://u:***@h:1/p"],
      ["x://n?region=ssh://u%3Ahunter2%40h&token=a", "x://n?region=ssh://u:***@h&token=***"],
      ["x://n?region=ssh://u@h:22", "x://n?region=ssh://u@h:22"],
      ["", ""],
    ] as const
  ) assert.equal(redact(endpoint, rules.options), expected);
});

Deno.test("splitEndpoint reads what formatOptions writes", () => {
  const options = { region: "a b&c=d/ü+%" };
  const { options: back } = splitEndpoint(`x://n${formatOptions(options)}`, rules);
  assert.deepEqual(Object.fromEntries(back), options);
  assert.equal(formatOptions({ region: undefined, token: "" }), "");
});
