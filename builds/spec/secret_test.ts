import { deepEqual, throws } from "node:assert/strict";
import { parseSecret, parseSecrets } from "./secret.ts";

Deno.test("secret specs", () => {
  const good: [string, unknown][] = [
    ["id=a", { id: "a" }],
    ["id=a,src=/f", { id: "a", file: "/f" }],
    ["ID=a,Source=/f", { id: "a", file: "/f" }],
    ["id=a,env=V", { id: "a", env: "V" }],
    ["id=a,type=env,src=V", { id: "a", env: "V" }],
    ["type=env,id=a", { id: "a", env: "" }],
    ["type=env,id=a,src=/f,env=V", { id: "a", file: "/f", env: "V" }],
    ["type=file,id=a,src=a=b", { id: "a", file: "a=b" }],
    ['"id=a","src=x,y"', { id: "a", file: "x,y" }],
    ["src=/f", { id: "", file: "/f" }],
  ];
  for (const [text, want] of good) deepEqual(parseSecret(text), want, text);
  const bad: [string, string][] = [
    ["a", "invalid field 'a' must be a key=value pair"],
    ["id=a,foo=b", "unexpected key 'foo' in 'foo=b'"],
    ["id=a,type=vault", 'unsupported secret type "vault"'],
    [
      'id=a,src="x',
      'failed to parse csv secret: parse error on line 1, column 10: bare " in non-quoted-field',
    ],
  ];
  for (const [text, message] of bad) {
    throws(() => parseSecret(text), { name: "UsageError", message }, text);
  }
  deepEqual(parseSecrets(["", "id=a"]), [{ id: "a" }]);
});
