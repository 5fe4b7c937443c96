import assert from "node:assert/strict";
import { goJson } from "../../../base/go/json.ts";
import { failedRecord, multiRecord } from "../../../tests/commands/recorded_builds.ts";
import { recordJson } from "./record_json.ts";

const extras = { defaultPlatform: "linux/amd64", state: undefined, group: undefined };

Deno.test("recordJson() of a failed build is what buildx writes", () => {
  const state = { Target: "default", LocalPath: "/tmp/ctx", DockerfilePath: "" };
  assert.equal(
    goJson(recordJson(failedRecord, { ...extras, state }), 2),
    `{
  "Ref": "mgckkld8itwb17hzzh2uan2ae",
  "FrontendAttrs": {
    "attest:provenance": "mode=min,inline-only=true",
    "filename": "Dockerfile",
    "target": "bad"
  },
  "error": {
    "code": 2,
    "message": "process \\"/bin/sh -c echo first; echo second \\u003e\\u00262; exit 3\\" did not complete successfully: exit code: 3"
  },
  "CreatedAt": {
    "seconds": 1795487835,
    "nanos": 909885090
  },
  "CompletedAt": {
    "seconds": 1795487836,
    "nanos": 151666240
  },
  "logs": {
    "media_type": "application/vnd.buildkit.status.v0",
    "digest": "sha256:ee803f2cda2c724d72749d94e24c2cb411b5faae99b3e1373f093d196893c1b4",
    "size": 3136
  },
  "Generation": 1,
  "trace": {
    "media_type": "application/vnd.buildkit.otlp.json.v0",
    "digest": "sha256:5b3c03bdc02a56a3bf17491128f19b185e5ec7e8c8f32b40fc49d5b0f336c2b5",
    "size": 105225
  },
  "numCachedSteps": 1,
  "numTotalSteps": 6,
  "numCompletedSteps": 6,
  "externalError": {
    "media_type": "application/vnd.googeapis.google.rpc.status+proto",
    "digest": "sha256:feedb5718c65320588422b5f2dd39f7efca53c1becd1554b6a33a8776219801b",
    "size": 4689
  },
  "DefaultPlatform": "linux/amd64",
  "localState": {
    "Target": "default",
    "LocalPath": "/tmp/ctx",
    "DockerfilePath": ""
  }
}`,
  );
});

Deno.test("recordJson() sorts maps, and keeps no credentials of caches", () => {
  const record = {
    ...multiRecord,
    FrontendAttrs: {
      "cache-imports":
        '[{"Type":"s3","Attrs":{"scope":"a","secret_access_key":"s","ref":"r"}},{"Type":"gha"}]',
    },
  };
  const json = JSON.parse(goJson(recordJson(record, extras)));
  assert.deepEqual(Object.keys(json.Results), ["linux/386", "linux/amd64"]);
  assert.deepEqual(Object.keys(json.Result.Results), ["0"]);
  assert.equal(
    json.FrontendAttrs["cache-imports"],
    '[{"Type":"s3","Attrs":{"ref":"r","scope":"a"}},{"Type":"gha","Attrs":{}}]',
  );
  const broken = { ...record, FrontendAttrs: { "cache-imports": "secret=x" } };
  const attrs = JSON.parse(goJson(recordJson(broken, extras))).FrontendAttrs;
  assert.deepEqual(attrs, { "cache-imports": "" });
});
