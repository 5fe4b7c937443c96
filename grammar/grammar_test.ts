import { deepEqual, throws } from "node:assert/strict";
import { attestationText, parseAttestation } from "./attestation.ts";
import { parseCaches } from "./cache.ts";
import { parseOutput, parseOutputs } from "./output.ts";
import { csvPairs } from "./pairs.ts";
import { parsePolicy } from "./policy.ts";
import { parseSecret, parseSecrets } from "./secret.ts";
import { parseAgent, parseAgents } from "./ssh.ts";

const map = (pairs: Record<string, string> = {}) => new Map(Object.entries(pairs));

/** Tests one grammar: texts with what they mean, and texts with the message that refuses them. */
function grammar(
  name: string,
  parse: (text: string) => unknown,
  good: readonly [text: string, entry: unknown][],
  bad: readonly [text: string, message: string | RegExp][],
): void {
  Deno.test(name, () => {
    for (const [text, entry] of good) deepEqual(parse(text), entry, text);
    for (const [text, message] of bad) {
      throws(() => parse(text), { name: "UsageError", message }, text);
    }
  });
}

grammar("caches", (text) => parseCaches([text]), [
  ["", []],
  ["reg/a", [{ type: "registry", attrs: map({ ref: "reg/a" }) }]],
  ["reg/a,reg/b:1", [
    { type: "registry", attrs: map({ ref: "reg/a" }) },
    { type: "registry", attrs: map({ ref: "reg/b:1" }) },
  ]],
  ["type=inline", [{ type: "inline", attrs: map() }]],
  ["type=local,SRC=x=y", [{ type: "local", attrs: map({ src: "x=y" }) }]],
  ["type=registry,REF=r,Mode=max", [
    { type: "registry", attrs: map({ ref: "r", mode: "max" }) },
  ]],
], [
  ["ref=x", 'type required for "ref=x"'],
  ["type=inline,x", "invalid value x"],
  ['type=registry,ref="x', 'parse error on line 1, column 19: bare " in non-quoted-field'],
]);

grammar("outputs", parseOutput, [
  ["out", { type: "local", dest: "out", attrs: map() }],
  [".", { type: "local", dest: ".", attrs: map() }],
  ["a=b", { type: "local", dest: "a=b", attrs: map() }],
  ["-", { type: "tar", dest: "-", attrs: map() }],
  ["type=tar,dest=x.tar", { type: "tar", dest: "x.tar", attrs: map() }],
  ["type=image, Name=r/a,push=true", {
    type: "image",
    dest: "",
    attrs: map({ name: "r/a", push: "true" }),
  }],
  ['type=oci,"dest=a,b"', { type: "oci", dest: "a,b", attrs: map() }],
], [
  ["dest=a,x=y", "type is required for output"],
  ["type=local,out", "invalid value out"],
]);

grammar("attestations", parseAttestation, [
  ["type=sbom,disabled=true", { type: "sbom", disabled: true, attrs: map() }],
  ["TYPE=sbom,SCAN_Me=1", { type: "sbom", disabled: false, attrs: map({ SCAN_Me: "1" }) }],
  [attestationText("provenance", "mode=max"), {
    type: "provenance",
    disabled: false,
    attrs: map({ mode: "max" }),
  }],
  [attestationText("sbom", "0"), { type: "sbom", disabled: true, attrs: map() }],
], [
  ["sbom", "invalid value sbom"],
  ["mode=max", "attestation type not specified"],
  [
    "type=sbom,disabled=x",
    'invalid value disabled=x: strconv.ParseBool: parsing "x": invalid syntax',
  ],
]);

grammar("secrets", parseSecret, [
  ["id=a", { id: "a", src: "", env: "" }],
  ["ID=a,Source=/f", { id: "a", src: "/f", env: "" }],
  ["id=a,env=V", { id: "a", src: "", env: "V" }],
  ["id=a,type=env,src=V", { id: "a", src: "", env: "V" }],
  ["type=env,id=a", { id: "a", src: "", env: "" }],
  ["type=env,id=a,src=/f,env=V", { id: "a", src: "/f", env: "V" }],
  ["type=file,id=a,src=a=b", { id: "a", src: "a=b", env: "" }],
  ['"id=a","src=x,y"', { id: "a", src: "x,y", env: "" }],
  ["src=/f", { id: "", src: "/f", env: "" }],
], [
  ["a", "invalid field 'a' must be a key=value pair"],
  ["id=a,foo=b", "unexpected key 'foo' in 'foo=b'"],
  ["id=a,type=vault", 'unsupported secret type "vault"'],
  [
    'id=a,src="x',
    'failed to parse csv secret: parse error on line 1, column 10: bare " in non-quoted-field',
  ],
]);

grammar("agents", parseAgent, [
  ["default", { id: "default", paths: [] }],
  ["default=a,b", { id: "default", paths: ["a", "b"] }],
  ["default=", { id: "default", paths: [""] }],
], []);

const policy = { filenames: [], reset: false, disabled: false };
grammar("policies", parsePolicy, [
  ["disabled=0", policy],
  ["filename=a.rego,FileName=b", { ...policy, filenames: ["a.rego", "b"] }],
  ["strict=false,log-level=Warn", { ...policy, strict: false, logLevel: "warning" }],
  ["reset=true", { ...policy, reset: true }],
], [
  ["x", "invalid value x"],
  ["", "EOF"],
  ["filename=", "invalid value filename="],
  [
    "strict=maybe",
    'invalid value strict=maybe: strconv.ParseBool: parsing "maybe": invalid syntax',
  ],
  ["log-level=loud", 'invalid value log-level=loud: not a valid logrus Level: "loud"'],
  ["other=1", "invalid value other=1"],
  ['a"b', /bare "/],
]);

Deno.test("empty values of flags are ignored", () => {
  deepEqual(parseOutputs([""]), []);
  deepEqual(parseSecrets(["", "id=a"]), [{ id: "a", src: "", env: "" }]);
  deepEqual(parseAgents(["", "=k"]), [{ id: "default", paths: ["k"] }]);
  deepEqual(csvPairs(["a=1,b=2", "a=3"]), { a: "3", b: "2" });
});
