/**
 * Pulls and pushes with logins: a real buildkitd, Debian's docker-registry with a password and with
 * tokens, a token server and a credential helper of the tests' own.
 */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { type Workspace, workspace } from "../build/workspace.ts";
import { makeCerts } from "../harness/certs.ts";
import { startRegistry } from "../harness/registry.ts";
import { withShared } from "../harness/shared.ts";
import { missing } from "../harness/tool.ts";
import { issuer, login, service, startTokenServer } from "./token_server.ts";
import { fails, succeeds } from "../harness/ended.ts";

const { ignore, shared } = await withShared(await missing("openssl", "perl", "buildx"));
const basic = ignore
  ? undefined
  : await startRegistry({ password: { user: login.user, password: login.password } });

/** A registry with tokens, its token server, and a context that pushes to it. */
async function tokenWorld() {
  const stack = new AsyncDisposableStack();
  const certs = stack.use(await makeCerts());
  const server = stack.use(await startTokenServer(certs.server));
  const registry = stack.use(
    await startRegistry({ token: { realm: server.realm, service, issuer, cert: certs.ca.cert } }),
  );
  const space = stack.use(await workspace(shared.address));
  context(space, registry.host);
  return { ...{ server, registry, space }, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

function context(space: Workspace, host: string): void {
  space.write({
    "ctx/Dockerfile": "FROM scratch\nARG V=0\nCOPY . /\n",
    "ctx/file": crypto.randomUUID(),
    "pull/Dockerfile": `FROM ${host}/a/b\n`,
  });
}

function configure(space: Workspace, host: string, auth: unknown): void {
  space.write({ ".docker/config.json": JSON.stringify({ auths: { [host]: auth } }) });
}

const push = (space: Workspace, host: string, env = {}) =>
  space.fairlead(["build", "--push", "-t", `${host}/a/b`, "--progress", "plain", "ctx"], env);
const pull = (space: Workspace, env = {}) =>
  space.fairlead(["build", "--pull", "--output", "out", "--progress", "plain", "pull"], env);

const right = { auth: btoa(`${login.user}:${login.password}`) };
const test = (name: string, fn: Deno.TestDefinition["fn"]) => Deno.test({ name, ignore, fn });

test("tokens are fetched on this side, and shared with later builds by our key", async () => {
  await using world = await tokenWorld();
  const { server, space, registry: { host } } = world;
  configure(space, host, right);
  await succeeds(push(space, host));
  ok(server.asked.length > 0);
  deepEqual([...new Set(server.asked)], ["POST password fairlead"]);
  const seed = Deno.statSync(space.path(".docker/.token_seed"));
  equal(seed.mode! & 0o777, 0o600);

  const asked = async (build: () => Promise<{ code: number; stderr: string }>) => {
    server.asked.length = 0;
    await succeeds(build());
    return server.asked.length;
  };
  // The daemon keeps tokens for pulls, and gives them to any client that proves to have the same
  // key.
  equal(await asked(() => pull(space)), 1);
  equal(await asked(() => pull(space)), 0);
  const byBuildx = await asked(() => space.buildx(["build", "--pull", "pull"]));
  equal(byBuildx, 0, "the key is buildx's, too");
  Deno.removeSync(space.path(".docker/.token_seed"));
  equal(await asked(() => pull(space)), 1);
  equal(space.read("out/file"), space.read("ctx/file"));
});

test("a token server without POST works, and so does one that the daemon asks itself", async () => {
  await using world = await tokenWorld();
  const { server, space, registry: { host } } = world;
  configure(space, host, right);
  server.refusePost = 404;
  await succeeds(push(space, host));
  deepEqual([...new Set(server.asked)], ["POST password fairlead", "GET password fairlead"]);

  server.refusePost = undefined;
  server.asked.length = 0;
  await succeeds(push(space, host, { BUILDKIT_NO_CLIENT_TOKEN: "1" }));
  deepEqual(server.asked.filter((line) => line.endsWith("fairlead")), []);
});

test("anonymous pulls work, pushes don't; a wrong password is reported and not shown", async () => {
  await using world = await tokenWorld();
  const { server, space, registry: { host } } = world;
  configure(space, host, right);
  equal((await push(space, host)).code, 0);

  configure(space, host, { auth: btoa("me:wr0ng-one") });
  const wrong = await fails(push(space, host));
  match(
    wrong.stderr,
    new RegExp(`cannot get a token for ${host} from http://127\\.0\\.0\\.1:\\d+/token: 401`),
  );
  ok(!wrong.stderr.includes("wr0ng-one"), wrong.stderr);

  server.asked.length = 0;
  space.write({ ".docker/config.json": "{}" });
  await succeeds(pull(space));
  deepEqual([...new Set(server.asked)], ["GET anonymous fairlead"]);
  const refused = await fails(push(space, host));
  match(refused.stderr, /denied|authorization failed|insufficient/);
});

test("a credential helper's identity token works, and a broken helper is reported", async () => {
  await using world = await tokenWorld();
  const { server, space, registry: { host } } = world;
  const helper = (script: string) => {
    space.write({ "bin/docker-credential-test": `#!/bin/sh\n${script}\n` });
  };
  const env = { PATH: `${space.path("bin")}:${Deno.env.get("PATH")}` };
  space.write({ ".docker/config.json": JSON.stringify({ credHelpers: { [host]: "test" } }) });
  helper(
    `read -r server; test "$1 $server" = "get ${host}" || exit 9
      echo '{"Username":"<token>","Secret":"${login.identityToken}"}'`,
  );
  await succeeds(push(space, host, env));
  deepEqual([...new Set(server.asked)], ["POST identity fairlead"]);

  helper("echo s3cret output; exit 4");
  const broken = await succeeds(pull(space, env));
  const warning =
    `cannot get credentials for ${host} from docker-credential-test: it ended with exit code 4`;
  equal(broken.stderr.split(warning).length, 2, broken.stderr);
  ok(!broken.stderr.includes("s3cret output"));

  Deno.removeSync(space.path("bin/docker-credential-test"));
  const missing = await succeeds(pull(space, env));
  ok(missing.stderr.includes("docker-credential-test: no such program in PATH"), missing.stderr);
});

test("a registry with passwords accepts DOCKER_AUTH_CONFIG, and refuses anonymous users", async () => {
  const { host } = basic!;
  await using space = await workspace(shared.address);
  context(space, host);
  const env = { DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { [host]: right } }) };
  equal((await push(space, host)).code, 1);
  await succeeds(push(space, host, env));
  space.write({ ".docker/config.json": '{"auths": {' });
  const broken = await succeeds(push(space, host, env));
  match(broken.stderr, /cannot read .*config\.json: it is not valid JSON/);
});
