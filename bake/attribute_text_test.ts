import { deepEqual, throws } from "node:assert/strict";
import {
  parseAttest,
  parseCache,
  parseOutput,
  parseSecret,
  parseSsh,
  shorthandAttest,
} from "./attribute_text.ts";

const map = (pairs: Record<string, string> = {}) => new Map(Object.entries(pairs));

Deno.test("text forms of list entries", () => {
  deepEqual(parseCache("a,b:1"), [
    { type: "registry", attrs: map({ ref: "a" }) },
    { type: "registry", attrs: map({ ref: "b:1" }) },
  ]);
  deepEqual(parseCache("type=local,SRC=x=y"), [{ type: "local", attrs: map({ src: "x=y" }) }]);
  deepEqual(parseOutput("out"), { type: "local", dest: "out", attrs: map() });
  deepEqual(parseOutput("-"), { type: "tar", dest: "-", attrs: map() });
  deepEqual(parseOutput('type=image,"name=a,b"'), {
    type: "image",
    dest: "",
    attrs: map({ name: "a,b" }),
  });
  deepEqual(parseAttest("type=sbom,disabled=true"), {
    type: "sbom",
    disabled: true,
    attrs: map(),
  });
  deepEqual(shorthandAttest("provenance", "mode=max"), {
    type: "provenance",
    disabled: false,
    attrs: map({ mode: "max" }),
  });
  deepEqual(shorthandAttest("sbom", "0").disabled, true);
  deepEqual(parseSecret("type=env,id=a,src=N"), { id: "a", src: "", env: "N" });
  deepEqual(parseSecret("ID=a,source=f"), { id: "a", src: "f", env: "" });
  deepEqual(parseSsh("default=a,b"), { id: "default", paths: ["a", "b"] });
  deepEqual(parseSsh("default="), { id: "default", paths: [""] });
});

Deno.test("text forms that are none", () => {
  const bad: [(text: string) => unknown, string, string][] = [
    [parseCache, "src=x", 'type required for "src=x"'],
    [parseCache, "type=local,mode", "invalid value mode"],
    [parseOutput, "dest=x,a=b", "type is required for output"],
    [parseAttest, "mode=max", "attestation type not specified"],
    [
      parseAttest,
      "type=sbom,disabled=x",
      'invalid value disabled=x: strconv.ParseBool: parsing "x": invalid syntax',
    ],
    [parseSecret, "foo", "invalid field 'foo' must be a key=value pair"],
    [parseSecret, "foo=1", "unexpected key 'foo' in 'foo=1'"],
    [parseSecret, "type=x", 'unsupported secret type "x"'],
  ];
  for (const [parse, text, message] of bad) throws(() => parse(text), { message }, text);
});
