import { deepEqual, equal, fail, match, rejects, throws } from "node:assert/strict";
import { maybe } from "../../../base/maybe.ts";
import { eventually, manualClock } from "../../../tests/harness/manual_clock.ts";
import { removedLater } from "../../../tests/harness/remove_folder.ts";
import { type DockerConfigOptions, dockerCredentials } from "./docker_config.ts";

const pair = (text: string) => btoa(text);

interface World {
  config?: unknown;
  env?: Record<string, string>;
  /** Helper programs: name → shell script. */
  helpers?: Record<string, string>;
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
    },
    "gone.io",
    "odd.io",
    "html.io",
    "crash.io",
    "crash.io",
  );
  deepEqual(found, [{ username: "u", secret: "p" }, ...Array(4).fill(undefined)]);
  const tail = " (named in DIR/config.json): continuing without them";
  deepEqual(warnings, [
    `cannot get credentials for gone.io from docker-credential-gone: no such program in PATH${tail}`,
    `cannot get credentials for odd.io from docker-credential-../odd: its name is not valid for a program${tail}`,
    `cannot get credentials for html.io from docker-credential-main: its answer is not the JSON of a login${tail}`,
    `cannot get credentials for crash.io from docker-credential-main: it ended with exit code 3${tail}`,
  ]);
});

/** A helper that writes its process id, and then hangs. */
async function hanging(
  work: (helper: {
    readonly options: Pick<DockerConfigOptions, "directory" | "env">;
    /** Resolves to the helper's process id when it runs. */
    readonly begun: () => Promise<number>;
  }) => Promise<void>,
): Promise<void> {
  const dir = await Deno.makeTempDir();
  await using _ = removedLater(dir);
  await Deno.writeTextFile(`${dir}/config.json`, '{"credsStore":"slow"}');
  const script = `#!/bin/sh\nmkfifo "$0.never"\necho $$ >"$0.pid"\nexec cat "$0.never"\n`;
  const program = `${dir}/docker-credential-slow`;
  await Deno.writeTextFile(program, script, { mode: 0o755 });
  const pid = () => Number(maybe(() => Deno.readTextFileSync(`${program}.pid`)) ?? "");
  await work({
    options: { directory: dir, env: (name) => name === "PATH" ? dir : undefined },
    begun: async () => (await eventually(() => pid() !== 0), pid()),
  });
}

const isGone = (pid: number) =>
  throws(() => Deno.kill(pid, "SIGCONT"), /No such process|not found/i);

Deno.test("a helper that hangs ends with the build", () =>
  hanging(async ({ options, begun }) => {
    const controller = new AbortController();
    const { signal } = controller;
    const source = dockerCredentials({ ...options, warn: (line) => fail(line), signal });
    const found = rejects(source.lookup("a.io"), /enough/);
    const pid = await begun();
    controller.abort(new Error("enough"));
    await found;
    isGone(pid);
    await rejects(source.lookup("b.io"), /enough/);
  }));

Deno.test("a helper that hangs is given up in time, and the build goes on", () =>
  hanging(async ({ options, begun }) => {
    using clock = manualClock();
    const warnings: string[] = [];
    const source = dockerCredentials({ ...options, warn: (line) => warnings.push(line) });
    const found = source.lookup("a.io");
    const pid = await begun();
    await clock.advance(49_000);
    Deno.kill(pid, "SIGCONT");
    await clock.advance(1000);
    equal(await found, undefined);
    isGone(pid);
    const [line, ...others] = warnings;
    match(
      line!,
      /^cannot get credentials for a\.io from docker-credential-slow: no answer within 50 s/,
    );
    deepEqual(others, []);
  }));

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
