import { deepEqual, equal, fail, rejects, throws } from "node:assert/strict";
import { removedLater } from "../../../tests/harness/remove_folder.ts";
import { dockerCredentials } from "./docker_config.ts";

const pair = (text: string) => btoa(text);

interface World {
  config?: unknown;
  env?: Record<string, string>;
  /** Helper programs: name → shell script. */
  helpers?: Record<string, string>;
  timeout?: number;
}

/** Looks hosts up in a docker configuration of the test's own; gives what was found and warned. */
async function lookups(world: World, ...hosts: string[]) {
  const dir = await Deno.makeTempDir();
  await using _ = removedLater(dir);
  const warnings: string[] = [];
  if (world.config !== undefined) {
    const text = typeof world.config === "string" ? world.config : JSON.stringify(world.config);
    await Deno.writeTextFile(`${dir}/config.json`, text);
  }
  for (const [name, script] of Object.entries(world.helpers ?? {})) {
    await Deno.writeTextFile(`${dir}/${name}`, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  const env: Record<string, string> = { PATH: dir, ...world.env };
  const source = dockerCredentials({
    directory: dir,
    env: (name) => env[name],
    warn: (line) => warnings.push(line.replaceAll(dir, "DIR")),
    ...world.timeout !== undefined && { timeout: world.timeout },
  });
  const found = [];
  for (const host of hosts) found.push(await source.lookup(host));
  return { found, warnings };
}

Deno.test("auths: exact key, else a key of the same host; Docker Hub under its own", async () => {
  const { found, warnings } = await lookups(
    {
      config: {
        auths: {
          "exact.io": { auth: pair("u:p:with:colons") },
          "https://legacy.io/v1/": { auth: pair("old:pw") },
          "https://index.docker.io/v1/": { auth: pair("hub:pw") },
          "plain.io": { username: "u", password: "p" },
          "token.io": { auth: pair("u:p"), identitytoken: "idt" },
          "bearer.io": { registrytoken: "rt" },
          "empty.io": {},
          "port.io:5000": { auth: pair("a:b") },
        },
      },
    },
    "exact.io",
    "legacy.io",
    "registry-1.docker.io",
    "docker.io",
    "dhi.io",
    "plain.io",
    "token.io",
    "bearer.io",
    "empty.io",
    "port.io:5000",
    "port.io",
    "constructor",
  );
  deepEqual(found, [
    { username: "u", secret: "p:with:colons" },
    { username: "old", secret: "pw" },
    { username: "hub", secret: "pw" },
    { username: "hub", secret: "pw" },
    { username: "hub", secret: "pw" },
    { username: "u", secret: "p" },
    { username: "", secret: "idt" },
    { username: "", secret: "", registryToken: "rt" },
    undefined,
    { username: "a", secret: "b" },
    undefined,
    undefined,
  ]);
  deepEqual(warnings, []);
});

Deno.test("DOCKER_AUTH_CONFIG wins over file and helpers", async () => {
  const { found } = await lookups({
    env: { DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { "a.io": { auth: pair("env:pw") } } }) },
    config: { credsStore: "none", auths: { "a.io": { auth: pair("file:pw") } } },
  }, "a.io");
  deepEqual(found, [{ username: "env", secret: "pw" }]);
});

const helper = `
read server
case "$server" in
  a.io) echo '{"ServerURL":"a.io","Username":"'"$0"'","Secret":"s"}' ;;
  idt.io) echo '{"Username":"<token>","Secret":"idt"}' ;;
  https://index.docker.io/v1/) echo '{"Username":"hub","Secret":"s"}' ;;
  html.io) echo '<html>' ;;
  crash.io) echo 'secret s3cr3t' ; exit 3 ;;
  slow.io) /bin/sleep 20 ;;
  *) echo 'credentials not found in native keychain' ; exit 1 ;;
esac`;

Deno.test("helpers: credHelpers for a host, credsStore for the rest", async () => {
  const { found, warnings } = await lookups(
    {
      env: { PATH: `/none:${Deno.env.get("PATH")}` },
      config: { auths: { "other.io": { auth: pair("u:p") } } },
    },
    "other.io",
  );
  deepEqual([found, warnings], [[{ username: "u", secret: "p" }], []]);

  const both = await lookups(
    {
      config: {
        credsStore: "main",
        credHelpers: { "b.io": "special" },
        auths: { "none.io": { auth: pair("ignored:p") } },
      },
      helpers: {
        "docker-credential-main": helper.replaceAll('"$0"', "main"),
        "docker-credential-special": `echo '{"Username":"special","Secret":"s"}'`,
      },
    },
    "a.io",
    "b.io",
    "idt.io",
    "registry-1.docker.io",
    "none.io",
  );
  deepEqual(both, {
    found: [
      { username: "main", secret: "s" },
      { username: "special", secret: "s" },
      { username: "", secret: "idt" },
      { username: "hub", secret: "s" },
      undefined,
    ],
    warnings: [],
  });
});

Deno.test("a helper that is missing or broken is warned of, and the build goes on", async () => {
  const { found, warnings } = await lookups(
    {
      config: {
        credsStore: "main",
        credHelpers: { "gone.io": "gone", "odd.io": "../odd" },
        auths: { "gone.io": { auth: pair("u:p") } },
      },
      helpers: { "docker-credential-main": helper },
      timeout: 300,
    },
    "gone.io",
    "odd.io",
    "html.io",
    "crash.io",
    "crash.io",
    "slow.io",
  );
  deepEqual(found, [{ username: "u", secret: "p" }, ...Array(5).fill(undefined)]);
  const tail = " (named in DIR/config.json): continuing without them";
  deepEqual(warnings, [
    `cannot get credentials for gone.io from docker-credential-gone: no such program in PATH${tail}`,
    `cannot get credentials for odd.io from docker-credential-../odd: its name is not valid for a program${tail}`,
    `cannot get credentials for html.io from docker-credential-main: its answer is not the JSON of a login${tail}`,
    `cannot get credentials for crash.io from docker-credential-main: it ended with exit code 3${tail}`,
    `cannot get credentials for slow.io from docker-credential-main: no answer within 0.3 s${tail}`,
  ]);
});

Deno.test("a helper that hangs ends with the build", async () => {
  const dir = await Deno.makeTempDir();
  await using _ = removedLater(dir);
  await Deno.writeTextFile(`${dir}/config.json`, '{"credsStore":"slow"}');
  const script = `#!/bin/sh\nmkfifo "$0.never"\necho $$ >"$0.pid"\nexec cat "$0.never"\n`;
  const program = `${dir}/docker-credential-slow`;
  await Deno.writeTextFile(program, script, { mode: 0o755 });
  const controller = new AbortController();
  const source = dockerCredentials({
    directory: dir,
    env: (name) => name === "PATH" ? dir : undefined,
    warn: (line) => fail(line),
    signal: controller.signal,
  });
  const found = rejects(source.lookup("a.io"), /enough/);
  const pid = async () => Number(await Deno.readTextFile(`${program}.pid`).catch(() => ""));
  while (await pid() === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  controller.abort(new Error("enough"));
  await found;
  const gone = await pid();
  throws(() => Deno.kill(gone, "SIGCONT"), /No such process|not found/i);
  await rejects(source.lookup("b.io"), /enough/);
});

Deno.test("the system's own store is used where nothing is configured", async () => {
  const { found } = await lookups({
    helpers: { "docker-credential-secretservice": helper.replaceAll('"$0"', "system") },
    config: { auths: {} },
  }, "a.io");
  deepEqual(found, [{ username: "system", secret: "s" }]);
});

Deno.test("a broken configuration is warned of once, without its text", async () => {
  const broken: [World, string[]][] = [
    [{ config: '{"auths": {"a.io": {"auth": "hunter2' }, [
      "cannot read DIR/config.json: it is not valid JSON",
    ]],
    [{ config: "[]" }, ["cannot read DIR/config.json: it is not a JSON object"]],
    [{ config: "" }, []],
    [{ config: { auths: [], credHelpers: 3 } }, []],
    [{ env: { DOCKER_AUTH_CONFIG: "hunter2" } }, [
      "cannot read DOCKER_AUTH_CONFIG: it is not valid JSON",
    ]],
    [{ config: { auths: { "a.io": { auth: "hunter2!" } } } }, [
      "cannot use the credentials for a.io in DIR/config.json: auth is not base64 of user:password",
    ]],
  ];
  for (const [world, want] of broken) {
    const { found, warnings } = await lookups(world, "a.io", "b.io", "a.io");
    deepEqual(found, [undefined, undefined, undefined]);
    equal(warnings.length, want.length, warnings.join("\n"));
    want.forEach((line, at) => equal(warnings[at]!.startsWith(line), true, warnings[at]!));
    equal(warnings.join().includes("hunter2"), false);
  }
});

Deno.test("a login is kept for 4 min 50 s", async () => {
  const dir = await Deno.makeTempDir();
  await using _ = removedLater(dir);
  let now = 0;
  let answer = "one";
  const write = () =>
    Deno.writeTextFile(
      `${dir}/docker-credential-x`,
      `#!/bin/sh\necho '{"Username":"${answer}","Secret":"s"}'\n`,
      { mode: 0o755 },
    );
  await Deno.writeTextFile(`${dir}/config.json`, '{"credsStore":"x"}');
  await write();
  const source = dockerCredentials({
    directory: dir,
    env: (name) => name === "PATH" ? dir : undefined,
    warn: (line) => {
      throw new Error(line);
    },
    now: () => now,
  });
  const user = async () => (await source.lookup("a.io"))?.username;
  equal(await user(), "one");
  answer = "two";
  await write();
  now = 289_999;
  equal(await user(), "one");
  now = 290_000;
  equal(await user(), "two");
});
