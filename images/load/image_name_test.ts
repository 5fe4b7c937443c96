import assert from "node:assert/strict";
import { fullImageName, splitImageName } from "./image_name.ts";

const names: readonly (readonly [string, string, string, string])[] = [
  ["app", "docker.io", "app", "latest"],
  ["me/app:1", "docker.io", "me/app", "1"],
  ["localhost/app", "localhost", "localhost/app", "latest"],
  ["127.0.0.1:5000/a/b", "127.0.0.1:5000", "127.0.0.1:5000/a/b", "latest"],
  ["r.example:5000/a/b:v2", "r.example:5000", "r.example:5000/a/b", "v2"],
];
for (const [text, host, name, tag] of names) {
  Deno.test(`splitImageName() of ${text}`, () => {
    assert.deepEqual(splitImageName(text), { host, name, tag });
  });
}

const full: Readonly<Record<string, string>> = {
  "app": "docker.io/library/app:latest",
  "me/app:1": "docker.io/me/app:1",
  "docker.io/me/app:1": "docker.io/me/app:1",
  "localhost/app": "localhost/app:latest",
};
for (const [text, name] of Object.entries(full)) {
  Deno.test(`fullImageName() of ${text}`, () => assert.equal(fullImageName(text), name));
}
