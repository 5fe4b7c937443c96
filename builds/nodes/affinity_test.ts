import assert from "node:assert/strict";
import { tempFolder } from "../../tests/harness/temp_folder.ts";
import { collector, fakeDeps } from "../../tests/commands/fake_deps.ts";
import { DialError } from "../../transports/errors.ts";
import { createRegistry } from "../../transports/registry.ts";
import type { Transport } from "../../transports/transport.ts";
import { commands } from "../../commands/list.ts";
import { runProgram } from "../../cli/run.ts";

/** Returns the affinity that a command passes to its dial. */
async function affinityOf(words: readonly string[], cwd: string): Promise<string | undefined> {
  const seen: (string | undefined)[] = [];
  const transport: Transport<string> = {
    scheme: "seen",
    summary: "",
    example: "seen://x",
    options: [],
    parse: (endpoint) => endpoint,
    describe: (endpoint) => endpoint,
    host: () => ({ authority: "x", name: "x" }),
    plaintext: () => false,
    dial: (endpoint, { affinity }) => {
      seen.push(affinity);
      const details = { endpoint, step: "connect", code: "unreachable" } as const;
      return Promise.reject(new DialError("nobody is there", details));
    },
  };
  const stderr = collector();
  const options = { cwd, env: { BUILDKIT_HOST: "seen://x", HOME: cwd } };
  const deps = fakeDeps(words, options, collector(), stderr);
  const registry = createRegistry([transport]);
  await runProgram({ ...deps, registry }, commands);
  assert(seen.length > 0, stderr.text());
  return seen[0];
}

Deno.test("a build's connection is for its context: the same one goes to the same pod", async () => {
  using folder = tempFolder();
  for (const name of ["ctx", "ctx/sub"]) folder.write(`${name}/Dockerfile`, "FROM scratch\n");
  const of = (...words: string[]) =>
    affinityOf(["build", "--progress=plain", ...words], folder.path);
  assert.equal(await of("ctx"), `${folder.path}/ctx`);
  assert.equal(await of("./ctx/../ctx/"), `${folder.path}/ctx`);
  assert.equal(await of(`${folder.path}/ctx/sub`), `${folder.path}/ctx/sub`);
  assert.equal(await of("https://example.com/x.git"), "https://example.com/x.git");
});
