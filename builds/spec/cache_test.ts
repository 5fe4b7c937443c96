import { deepEqual, equal, throws } from "node:assert/strict";
import { completeCaches, parseCaches } from "./cache.ts";

Deno.test("cache entries", () => {
  const good: [string, "from" | "to", unknown][] = [
    ["", "from", []],
    ["reg/a", "from", [{ type: "registry", attrs: { ref: "reg/a" } }]],
    ["reg/a,reg/b:1", "from", [
      { type: "registry", attrs: { ref: "reg/a" } },
      { type: "registry", attrs: { ref: "reg/b:1" } },
    ]],
    ["type=inline", "to", [{ type: "inline", attrs: {} }]],
    ["type=local,src=/c", "from", [{ type: "local", attrs: { src: "/c" } }]],
    ["type=registry,REF=r,Mode=max", "to", [{
      type: "registry",
      attrs: { ref: "r", mode: "max" },
    }]],
    ["type=azblob,a=b=c", "to", [{ type: "azblob", attrs: { a: "b=c" } }]],
  ];
  for (const [text, use, want] of good) deepEqual(parseCaches([text], use), want, text);
  const bad: [string, "from" | "to", string][] = [
    ["ref=x", "from", 'type required for "ref=x"'],
    ["type=inline,x", "to", "invalid value x"],
    ["type=local,src=/c", "to", "local cache exporter requires dest"],
    ["type=local,dest=/c", "from", "local cache importer requires src"],
    ["type=registry,mode=max", "to", "registry cache exporter requires ref"],
    ['type=registry,ref="x', "to", 'parse error on line 1, column 19: bare " in non-quoted-field'],
  ];
  for (const [text, use, message] of bad) {
    throws(() => parseCaches([text], use), { name: "UsageError", message }, text);
  }
});

Deno.test("GitHub's cache takes token and URL from the environment, or is left out", () => {
  const entries = parseCaches(["type=gha,scope=x", "type=inline"], "to");
  const complete = (env: Record<string, string>) => completeCaches(entries, (name) => env[name]);
  deepEqual(complete({}), [{ type: "inline", attrs: {} }]);
  deepEqual(complete({ ACTIONS_RUNTIME_TOKEN: "t" }), [{ type: "inline", attrs: {} }]);
  deepEqual(complete({ ACTIONS_RUNTIME_TOKEN: "t", ACTIONS_CACHE_URL: "u" })[0], {
    type: "gha",
    attrs: { scope: "x", token: "t", url: "u" },
  });
  const v2 = complete({
    ACTIONS_RUNTIME_TOKEN: "t",
    ACTIONS_RESULTS_URL: "r",
    ACTIONS_CACHE_SERVICE_V2: "True",
  });
  deepEqual(v2[0]!.attrs, { scope: "x", token: "t", url_v2: "r", url: "r" });
  equal(v2.length, 2);
});

Deno.test("S3 takes a whole key pair from the environment, and keeps one that was given", () => {
  const env: Record<string, string> = {
    AWS_ACCESS_KEY_ID: "id",
    AWS_SECRET_ACCESS_KEY: "key",
    AWS_SESSION_TOKEN: "session",
  };
  const attrs = (text: string) =>
    completeCaches(parseCaches([text], "to"), (n) => env[n])[0]!.attrs;
  deepEqual(attrs("type=s3,bucket=b"), {
    bucket: "b",
    access_key_id: "id",
    secret_access_key: "key",
    session_token: "session",
  });
  deepEqual(attrs("type=s3,access_key_id=a,secret_access_key=b"), {
    access_key_id: "a",
    secret_access_key: "b",
  });
});

Deno.test("S3 takes other keys where the environment has none", () => {
  const attrs = (env: Record<string, string>, text = "type=s3") =>
    completeCaches(parseCaches([text], "to"), (name) => env[name], () => ({
      id: "other",
      secret: "key",
      session: undefined,
    }))[0]!.attrs;
  deepEqual(attrs({}), { access_key_id: "other", secret_access_key: "key" });
  deepEqual(attrs({ AWS_ACCESS_KEY_ID: "half" }), attrs({}));
  deepEqual(attrs({ AWS_ACCESS_KEY: "a", AWS_SECRET_KEY: "b" }), {
    access_key_id: "a",
    secret_access_key: "b",
  });
});
