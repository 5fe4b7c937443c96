/**
 * Caches outside the daemon: one program writes a cache, and an empty daemon reads it for the other
 * program. Both programs send the daemon the same requests.
 */
import assert from "node:assert/strict";
import { serveActionsCache } from "../harness/actions_cache.ts";
import { startBuildkitd } from "../harness/buildkitd.ts";
import {
  actionsToken,
  type CacheKeys,
  startAzurite,
  startCacheServers,
} from "../harness/cache_servers.ts";
import { startRecorder } from "../harness/recorder.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";
import { alike, programs, type Workspace, workspace } from "./workspace.ts";
import { succeeds } from "../harness/ended.ts";

const ignore = skip(
  needsRoot() ?? await missing("buildkitd", "runc", "buildx", "cache-servers", "azurite-blob"),
);
const test = (name: string, fn: Deno.TestDefinition["fn"]) => Deno.test({ name, ignore, fn });

const keys: CacheKeys = {
  id: "AKFAIRLEAD",
  secret: "secret/of+the=key",
  session: "session==",
  token: actionsToken(),
};
const inEnvironment = {
  AWS_ACCESS_KEY_ID: keys.id,
  AWS_SECRET_ACCESS_KEY: keys.secret,
  AWS_SESSION_TOKEN: keys.session,
};
const [servers, azurite, daemon] = ignore ? [] : await Promise.all([
  startCacheServers(keys),
  startAzurite(),
  startBuildkitd(),
]);

/** A place for a cache: the attributes of both flags, and the variables of the environment. */
interface Place {
  /** @param writer who writes it: of two entries of one second the servers call either the newer */
  attrs(writer: string): string;
  readonly env: Record<string, string>;
}

function dockerfile(id: string): Record<string, string> {
  return {
    "ctx/Dockerfile": "FROM scratch AS one\nCOPY a /\nFROM scratch\nCOPY --from=one /a /b\n",
    "ctx/a": id,
  };
}

/** Every pair of a writer and a reader; between them the daemon forgets all. */
async function exchange(space: Workspace, { attrs: attrsOf, env }: Place): Promise<void> {
  for (const writer of programs) {
    const attrs = attrsOf(writer);
    space.write(dockerfile(crypto.randomUUID()));
    const to = ["--cache-to", `${attrs},mode=max`];
    const wrote = await succeeds(space[writer](["build", "--progress=plain", ...to, "ctx"], env));
    assert.doesNotMatch(wrote.stderr, /CACHED/);
    assert.match(wrote.stderr, /writing layer sha256/);
    for (const reader of programs) {
      await succeeds(space.fairlead(["prune", "--all", "--force"]));
      const from = ["--cache-from", attrs];
      const read = await succeeds(
        space[reader](["build", "--progress=plain", ...from, "ctx"], env),
      );
      assert.match(read.stderr, /importing cache manifest from/);
      assert.match(read.stderr, /COPY a \/\n#\d+ CACHED/, `${writer} for ${reader}`);
      assert.match(read.stderr, /COPY --from=one \/a \/b\n(?:.*\n)*?#\d+ CACHED/);
    }
  }
}

/** Both programs ask the daemon for the same caches. */
async function compare(
  args: readonly string[],
  env: Record<string, string>,
  files: Record<string, string> = {},
) {
  await using recorder = await startRecorder(daemon!.address);
  await using space = await workspace(recorder.address);
  space.write({ ...dockerfile("same"), ...files });
  const asked = await alike(async (program) => {
    await space[program](["build", ...args, "ctx"], {
      // The SDK must not ask a cloud's metadata server for a role.
      AWS_EC2_METADATA_DISABLED: "true",
      ...env,
    });
    const [request] = recorder.take();
    return [request?.Cache, JSON.parse(request?.FrontendAttrs["cache-imports"] ?? "null")];
  }, args.join(" "));
  return asked as [{ Exports: { Type: string; Attrs: Record<string, string> }[] }, unknown];
}

test("s3: signed with the environment's keys", async () => {
  await using space = await workspace(daemon!.address);
  const attrs = `type=s3,region=nowhere,bucket=${servers!.bucket},use_path_style=true,` +
    `endpoint_url=${servers!.s3}`;
  await exchange(space, { attrs: (writer) => `${attrs},name=${writer}`, env: inEnvironment });
  for (const wrong of [{ AWS_SECRET_ACCESS_KEY: "other" }, { AWS_SESSION_TOKEN: "other" }]) {
    space.write(dockerfile(crypto.randomUUID()));
    const args = ["build", "--cache-to", `${attrs},retry_max_attempts=1`, "ctx"];
    const refused = await space.fairlead(args, { ...inEnvironment, ...wrong });
    assert.equal(refused.code, 1, "the server looks at the signature");
    assert.match(refused.stderr, /403/);
  }
});

test("azblob: by its attributes", async () => {
  await using space = await workspace(daemon!.address);
  const { url, account, key } = azurite!;
  const attrs = `type=azblob,account_url=${url},account_name=${account},secret_access_key=${key}`;
  await exchange(space, { attrs: (writer) => `${attrs},name=${writer}`, env: {} });
});

test("gha, version 1: by the workflow's token", async () => {
  await using space = await workspace(daemon!.address);
  const env = { ACTIONS_RUNTIME_TOKEN: keys.token, ACTIONS_CACHE_URL: servers!.actions };
  await exchange(space, { attrs: (writer) => `type=gha,scope=v1-${writer}`, env });
});

test("gha, version 2: by the URL of the results", async () => {
  await using space = await workspace(daemon!.address);
  await using actions = await serveActionsCache(azurite!, keys.token);
  const env = {
    ACTIONS_RUNTIME_TOKEN: keys.token,
    ACTIONS_CACHE_SERVICE_V2: "true",
    ACTIONS_RESULTS_URL: actions.url,
  };
  await exchange(space, { attrs: (writer) => `type=gha,scope=v2-${writer}`, env });
});

test("the environment adds the same cache attributes as in buildx", async () => {
  const token = { ACTIONS_RUNTIME_TOKEN: keys.token };
  const url = { ACTIONS_CACHE_URL: servers!.actions };
  const results = { ACTIONS_RESULTS_URL: "http://127.0.0.1:1/" };
  const s3 = `type=s3,region=x,bucket=none,use_path_style=true,retry_max_attempts=1,` +
    `endpoint_url=${servers!.s3}`;
  const both = (
    attrs: string,
  ) => [`--cache-to=${attrs},ignore-error=true`, `--cache-from=${attrs}`];
  const [{ Exports: none }] = await compare(both("type=gha"), {});
  assert.deepEqual(none, [], "outside of a workflow there is no such cache");
  for (
    const env of [
      token,
      url,
      { ...token, ...url },
      { ...token, ...results },
      { ...token, ...results, ACTIONS_CACHE_SERVICE_V2: "1" },
      { ...token, ...results, ...url, ACTIONS_CACHE_SERVICE_V2: "no" },
    ]
  ) await compare(both("type=gha,timeout=1s"), env);
  await compare(both(`type=gha,timeout=1s,token=${keys.token},url=${servers!.actions}`), results);
  await compare(both("type=gha,timeout=1s,version=1"), { ...token, ...results, ...url });
  await compare(both("type=gha,timeout=1s,version=2"), { ...token, ...results, ...url });
  const [{ Exports }] = await compare(both(s3), inEnvironment);
  assert.equal(Exports[0]!.Attrs["access_key_id"], keys.id);
  assert.equal(Exports[0]!.Attrs["session_token"], keys.session);
  await compare(both(`${s3},access_key_id=a,secret_access_key=b`), inEnvironment);
  await compare(both(`${s3},access_key_id=a`), inEnvironment);
  await compare(both(s3), { AWS_ACCESS_KEY: "old", AWS_SECRET_KEY: "older" });
  const shared = {
    ".aws/credentials":
      "[default]\naws_access_key_id = d\naws_secret_access_key = e\n[p]\naws_access_key_id=f\n" +
      "aws_secret_access_key=g\naws_session_token=h\n",
    ".aws/config": "[default]\nregion = y\n[profile q]\naws_access_key_id = i\n" +
      "aws_secret_access_key = j\n",
  };
  for (
    const env of [{}, { AWS_PROFILE: "p" }, { AWS_PROFILE: "q" }, { AWS_DEFAULT_PROFILE: "p" }]
  ) {
    await compare(both(s3), env, shared);
  }
});
