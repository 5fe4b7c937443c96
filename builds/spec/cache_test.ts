import { deepEqual, equal, throws } from "node:assert/strict";
import { parseCaches } from "../../grammar/cache.ts";
import { checkCaches, completeCaches } from "./cache.ts";

Deno.test("a cache needs what its type can't do without", () => {
  checkCaches(parseCaches(["type=local,src=/c", "type=azblob,a=b=c"]), "from");
  const bad: [string, "from" | "to", string][] = [
    ["type=local,src=/c", "to", "local cache exporter requires dest"],
    ["type=local,dest=/c", "from", "local cache importer requires src"],
    ["type=registry,mode=max", "to", "registry cache exporter requires ref"],
  ];
  for (const [text, use, message] of bad) {
    throws(() => checkCaches(parseCaches([text]), use), { name: "UsageError", message }, text);
  }
});

Deno.test("GitHub's cache takes token and URL from the environment, or is left out", () => {
  const entries = parseCaches(["type=gha,scope=x", "type=inline"]);
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
  const attrs = (text: string) => completeCaches(parseCaches([text]), (n) => env[n])[0]!.attrs;
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
    completeCaches(parseCaches([text]), (name) => env[name], () => ({
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
