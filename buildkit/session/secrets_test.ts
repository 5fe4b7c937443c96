import { equal, rejects } from "node:assert/strict";
import { removedLater } from "../../tests/harness/remove_folder.ts";
import { callMethod } from "../../tests/session/fake_call.ts";
import { GetSecretRequest, GetSecretResponse } from "../../proto/gen/secrets.ts";
import { Code } from "../grpc/status.ts";
import { MAX_SECRET_SIZE, openSecrets } from "./secret_source.ts";
import { secrets } from "./secrets.ts";

const path = "/moby.buildkit.secrets.v1.Secrets/GetSecret";

async function ask(source: (id: string) => Promise<Uint8Array | undefined>, id: string) {
  const request = GetSecretRequest.encode({ ID: id, annotations: {} }).finish();
  const [answer] = await callMethod(secrets(source), path, { messages: [request] });
  return new TextDecoder().decode(GetSecretResponse.decode(answer!).data);
}

Deno.test("secrets come from files, variables, and by default either", async () => {
  const dir = await Deno.makeTempDir();
  await using _ = removedLater(dir);
  const file = `${dir}/f`;
  await Deno.writeTextFile(file, "of the file");
  const env: Record<string, string> = { VAR: "of the variable", [file]: "" };
  const specs = [
    { id: "file", file },
    { id: "env", env: "VAR" },
    { id: "VAR" },
    { id: "unset", env: "NONE" },
    { id: "both", file, env: "VAR" },
    { id: "twice", env: "NONE" },
    { id: "twice", env: "VAR" },
  ];
  const source = await openSecrets(specs, (name) => env[name]);
  equal(await ask(source, "file"), "of the file");
  equal(await ask(source, "env"), "of the variable");
  equal(await ask(source, "VAR"), "of the variable");
  equal(await ask(source, "unset"), "");
  equal(await ask(source, "both"), "of the variable");
  equal(await ask(source, "twice"), "of the variable");
  const byName = await openSecrets([{ id: file }], () => undefined);
  equal(await ask(byName, file), "of the file");
  await Deno.remove(file);
  equal(await ask(source, "file"), "of the file", "a file is read once");
});

Deno.test("a secret that was not given is NotFound, with its id", async () => {
  const source = await openSecrets([], () => undefined);
  await rejects(ask(source, "tok\nen"), {
    name: "RpcError",
    code: Code.NOT_FOUND,
    message: 'secret "tok\\nen" was not given to this build: not found',
  });
});

Deno.test("secrets that can't be had are told before the build", async () => {
  const dir = await Deno.makeTempDir();
  await using _ = removedLater(dir);
  const big = `${dir}/big`, grown = `${dir}/grown`;
  await Deno.writeFile(big, new Uint8Array(MAX_SECRET_SIZE + 1));
  await Deno.writeFile(grown, new Uint8Array(MAX_SECRET_SIZE));
  const open = (id: string, file: string) => openSecrets([{ id, file }], () => undefined);
  await rejects(open("a", `${dir}/none`), {
    name: "SecretError",
    message: `failed to stat ${dir}/none: stat ${dir}/none: no such file or directory`,
  });
  await rejects(open("a", dir), {
    message: `cannot read secret "a" from ${dir}: is a directory`,
  });
  await rejects(open("a", big), { message: "secret a too big. max size 500KiB" });
  await rejects(open("", big), { message: "secret missing ID" });
  const source = await open("a", grown);
  await Deno.writeFile(grown, new Uint8Array(MAX_SECRET_SIZE + 1));
  await rejects(source("a"), { message: "secret a too big. max size 500KiB" });
  const long = new TextEncoder().encode("x".repeat(MAX_SECRET_SIZE + 1));
  await rejects(ask(() => Promise.resolve(long), "a"), { code: Code.INVALID_ARGUMENT });
});
