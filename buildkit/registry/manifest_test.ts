import { deepEqual, throws } from "node:assert/strict";
import { parseJson, parseManifest } from "./manifest.ts";

const digest = `sha256:${"a".repeat(64)}`;
const parse = (json: unknown) =>
  parseManifest(new TextEncoder().encode(JSON.stringify(json)), "reg/a");

Deno.test("a manifest is read as Go reads it: nulls and missing fields are empty", () => {
  deepEqual(parse({ schemaVersion: 2, config: null, layers: null, annotations: null }), {
    ...{ schemaVersion: 2, layers: [], manifests: [] },
  });
  const { manifests, config } = parse({
    config: { digest, size: 1, mediaType: "x", platform: null },
    manifests: [{ digest, platform: { os: "linux", "os.features": ["a"] }, other: [1] }],
  });
  deepEqual(config, { digest, size: 1, mediaType: "x" });
  deepEqual(manifests, [{
    ...{ mediaType: "", size: 0, digest, other: [1] },
    platform: { os: "linux", "os.features": ["a"] },
  }]);
});

Deno.test("a field of another type is named", () => {
  const cases: [unknown, string][] = [
    [[], "reg/a: the manifest is not an object"],
    [null, "reg/a: the manifest is not an object"],
    [{ manifests: {} }, "reg/a: manifests is not a list"],
    [{ layers: [{ digest }, 5] }, "reg/a: layers[1]: a descriptor is an object"],
    [{ config: { digest: "../x" } }, "reg/a: config: invalid checksum digest format"],
    [{ config: {} }, "reg/a: config: invalid checksum digest format"],
    [
      { config: { digest, size: 1.5 } },
      "reg/a: config: size is a whole number, not 1.5",
    ],
    [{ subject: { digest, urls: [1] } }, "reg/a: subject: urls is a list of strings, not [1]"],
    [{ mediaType: {} }, "reg/a: mediaType is not a string"],
  ];
  for (const [json, message] of cases) {
    throws(() => parse(json), { name: "ManifestError", message });
  }
});

Deno.test("JSON that is nested deeply is refused before it is walked through", () => {
  const nested = (depth: number) => new TextEncoder().encode("[".repeat(depth) + "]".repeat(depth));
  parseJson(nested(1000), "x");
  throws(() => parseJson(nested(1001), "x"), {
    message: "x: its JSON is nested more than 1000 deep",
  });
  throws(() => parseJson(nested(5_000_000), "x"), { name: "ManifestError" });
  parseJson(new TextEncoder().encode(JSON.stringify(["[".repeat(5000), '\\"[['])), "x");
  throws(() => parseJson(new TextEncoder().encode('{"a'), "x"), {
    message: "x: its content is not valid JSON",
  });
});
