import assert from "node:assert/strict";
import { ignoreFile } from "./ignore_file.ts";

/** The content as text, for builds of these contexts (paths below a new folder) and one Dockerfile. */
function found(
  files: Readonly<Record<string, string>>,
  { contexts = ["ctx"], name = "Dockerfile.dockerignore", link = false, attrs = {} } = {},
): string | undefined {
  const root = Deno.makeTempDirSync();
  try {
    for (const folder of ["ctx", "other", "docker"]) Deno.mkdirSync(`${root}/${folder}`);
    Deno.writeTextFileSync(`${root}/docker/Dockerfile`, "FROM scratch\nCOPY . /\n");
    for (const [path, text] of Object.entries(files)) {
      Deno.writeTextFileSync(`${root}/${path}`, text);
    }
    if (link) Deno.symlinkSync("elsewhere", `${root}/ctx/.dockerignore`);
    const readers = contexts.map((context) => ({
      inputs: {
        ...{ filename: "Dockerfile", attrs },
        mounts: new Map([["dockerfile", `${root}/docker`], ["context", `${root}/${context}`]]),
      },
      options: { target: "" },
    }));
    const content = ignoreFile(readers, name);
    return content && new TextDecoder().decode(content);
  } finally {
    Deno.removeSync(root, { recursive: true });
  }
}

Deno.test("a Dockerfile without an ignore file gets the context's", () => {
  assert.equal(found({ "ctx/.dockerignore": "*.log\n" }), "*.log\n");
  assert.equal(found({ "ctx/.dockerignore": "*.log\n" }, { contexts: ["ctx", "ctx"] }), "*.log\n");
});

Deno.test("an ignore file that is empty or missing becomes one that hides nothing", () => {
  assert.equal(found({}), "#\n");
  assert.equal(found({ "ctx/.dockerignore": "" }), "#\n");
});

Deno.test("the frontend reads the context's own where the two could differ", () => {
  const ignored = { "ctx/.dockerignore": "*.log\n" };
  assert.equal(found({ ...ignored, "docker/Dockerfile.dockerignore": "own\n" }), undefined);
  assert.equal(found(ignored, { contexts: ["ctx", "other"] }), undefined);
  assert.equal(found(ignored, { contexts: [] }), undefined);
  assert.equal(found(ignored, { name: "Dockerfile" }), undefined);
  assert.equal(found(ignored, { name: "other.dockerignore" }), undefined);
  assert.equal(found({ ...ignored, "docker/Dockerfile": "FROM scratch\n" }), undefined);
  assert.equal(found(ignored, { attrs: { "context:context": "local:named" } }), undefined);
  assert.equal(found({}, { link: true }), undefined);
  assert.equal(found({ "ctx/.dockerignore": `a\n${"b".repeat(70_000)}\n` }), undefined);
});
