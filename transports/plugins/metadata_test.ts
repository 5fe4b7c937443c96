import assert from "node:assert/strict";
import { says } from "../../tests/transports/says.ts";
import { MetadataError, parseMetadata } from "./metadata.ts";

const good = { protocol: { min: 1, max: 4 }, name: "ssm", schemes: ["ssm", "ssm2"] };

Deno.test("metadata: given, missing and unknown fields", () => {
  assert.deepEqual(parseMetadata(JSON.stringify({ ...good, colour: "red" })), {
    ...good,
    version: "",
    summary: "",
    handshake: "line",
  });
  const options = [{ name: "a", summary: "A", required: true, secret: true, x: 1 }, { name: "b" }];
  const whole = { ...good, version: "1", vendor: "v", summary: "s", handshake: "none", options };
  assert.deepEqual(parseMetadata(JSON.stringify(whole)), {
    ...whole,
    options: [{ name: "a", summary: "A", required: true, secret: true }, {
      name: "b",
      summary: "",
    }],
  });
});

const wrong: Readonly<Record<string, [unknown, RegExp]>> = {
  "a string": ["x", /not a JSON object/],
  "no protocol": [{ ...good, protocol: undefined }, /no valid "protocol"/],
  "half a version": [{ ...good, protocol: { min: 0.5, max: 1 } }, /no valid "protocol"/],
  "a later protocol": [
    { ...good, protocol: { min: 2, max: 2 } },
    /protocol 2, and fairlead 1; update/,
  ],
  "an earlier protocol": [{ protocol: { min: 0, max: 0 } }, /protocol 0, and fairlead 1; update/],
  "no name": [{ ...good, name: undefined }, /no valid "name"/],
  "a number as version": [{ ...good, version: 1 }, /no valid "version"/],
  "no schemes": [{ ...good, schemes: [] }, /no valid "schemes"/],
  "a scheme that is none": [{ ...good, schemes: [1] }, /no valid "schemes"/],
  "an odd handshake": [{ ...good, handshake: "wave" }, /neither "line" nor "none"/],
  "options as an object": [{ ...good, options: {} }, /not a list/],
  "an option without a name": [{ ...good, options: [{}] }, /has no "name"/],
};

for (const [name, [value, expected]] of Object.entries(wrong)) {
  Deno.test(`metadata with ${name} is refused`, () => {
    assert.throws(() => parseMetadata(JSON.stringify(value)), says(MetadataError, expected));
  });
}
