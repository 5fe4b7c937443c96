/** The README and the manual are followed to the letter: a page's commands are run in one shell. */
import assert from "node:assert/strict";
import { startBuildkitd } from "../harness/buildkitd.ts";
import { freePort } from "../harness/daemon.ts";
import { check, run } from "../harness/run.ts";
import { sharedBuildkitd } from "../harness/shared.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { startSshd } from "../harness/sshd.ts";
import { missing } from "../harness/tool.ts";
import { examples } from "../../commands/examples.ts";
import { anchorsOf, blocksOf, namedTests, scriptOf, strayCommands } from "./pages.ts";
import { removedLater } from "../harness/remove_folder.ts";
import { engineModule } from "../policies/engine_module.ts";
import { denoDir, fairleadCommand } from "../harness/fairlead.ts";
import { exists } from "../../base/stat.ts";

const root = new URL("../..", import.meta.url).pathname;
const pages = [
  "README.md",
  "docs/first-build.md",
  "docs/remote-builders.md",
  "docs/ci.md",
  "docs/bake.md",
  "docs/policies.md",
  "docs/troubleshooting.md",
];
/** Pages that tests of their own follow: plugins/guide_test.ts, library/example_test.ts. */
const OTHERS = new Set(["docs/writing-a-transport.md", "docs/library.md"]);
const reason = needsRoot() ??
  await missing("buildkitd", "buildctl", "runc", "docker-registry", "busybox", "sshd");

/** The real texts for those in the examples. */
type World = readonly (readonly [example: string, real: string])[];

/** Stops the page's script until the test has done the work of another person. */
const MEANWHILE = "touch .waits; while [ ! -e .goes-on ]; do sleep 0.05; done\n";

/**
 * The real texts for an example, the script's additional environment, and the actions of other
 * people.
 */
type Surroundings = readonly [
  world: World,
  env?: Record<string, string>,
  /** It is called when the script waits. @param folder the script's */
  meanwhile?: (folder: string) => Promise<void>,
];

/** Runs a page's commands. @param page its path from the root */
async function follow(page: string, ...surroundings: Surroundings): Promise<string> {
  return await runBlocks(page, await Deno.readTextFile(root + page), ...surroundings);
}

/** Runs a text's commands in a folder of its own, which holds a small context. */
async function runBlocks(
  name: string,
  text: string,
  ...[world, env, meanwhile]: Surroundings
): Promise<string> {
  const home = await Deno.makeTempDir({ prefix: "fl-manual-" });
  await using _ = removedLater(home);
  const bin = `${home}/.bin`;
  await Deno.mkdir(bin);
  const program = `#!/bin/sh\nexec ${fairleadCommand().join(" ")} "$@"\n`;
  await Deno.writeTextFile(`${bin}/fairlead`, program, { mode: 0o755 });
  await Deno.mkdir(`${home}/work`);
  const dockerfile = "FROM busybox AS app\nRUN echo hello >/hello\n";
  await Deno.writeTextFile(`${home}/work/Dockerfile`, dockerfile);
  const replace = (text: string) =>
    world.reduce((text, [example, real]) => text.replaceAll(example, real), text);
  const script = scriptOf(text, replace);
  const done = run("sh", ["-c", script], {
    cwd: `${home}/work`,
    env: {
      HOME: home,
      PATH: `${bin}:/usr/local/bin:/usr/bin:/bin`,
      DENO_DIR: denoDir,
      DOCKER_HOST: "unix:///no/docker.sock",
      BUILDX_CONFIG: "",
      DOCKER_CONFIG: "",
      ...env,
    },
  });
  if (meanwhile) {
    let over = false;
    done.finally(() => over = true);
    while (!over && !exists(`${home}/work/.waits`)) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    if (!over) await meanwhile(`${home}/work`);
    await Deno.writeTextFile(`${home}/work/.goes-on`, "");
  }
  const { code, stdout, stderr } = await done;
  assert.equal(code, 0, `${name}\n${stdout}\n${stderr}`);
  return stdout;
}

const socket = "unix:///run/buildkit/buildkitd.sock";

if (!skip(reason)) {
  const shared = await sharedBuildkitd();
  const common: World = [[socket, shared.address], ["registry.example", shared.registry]];

  /** The configuration of a daemon that uses the shared registry, also for docker.io. */
  const config = `[registry."${shared.registry}"]\nhttp = true\n` +
    `[registry."docker.io"]\nmirrors = ["${shared.registry}"]\n`;

  /** The shared daemon behind an ssh server. */
  const behind = ({ user, port, key, knownHosts }: Awaited<ReturnType<typeof startSshd>>) => {
    const path = shared.address.slice("unix://".length);
    const options = `identity=${key}&knownHosts=${knownHosts}`;
    const url = `ssh://${user}@127.0.0.1:${port}${path}?${options}`;
    return ["ssh://me@build.example.com/run/buildkit/buildkitd.sock", `'${url}'`] as const;
  };

  Deno.test("the README's quick start", async () => {
    await using sshd = await startSshd();
    await follow("README.md", [behind(sshd), ...common]);
  });

  /** The files that the examples of the commands read, as a page would show them. */
  const files = `
\`\`\`hcl docker-bake.hcl
target "default" {}
target "app" {}
\`\`\`
\`\`\`rego other.rego
package docker
default decision := {"allow": false}
decision := {"allow": true} if input.local
\`\`\`
\`\`\`rego other_test.rego
package docker
test_local if data.docker.decision.allow with input as {"local": {"name": "context"}}
\`\`\`
`;

  Deno.test("the commands' pages: the examples run, one after the other", async () => {
    // The cache and the history of the shared daemon are other tests', too.
    await using daemon = await startBuildkitd({ config });
    const world: World = [[socket, daemon.address], ["registry.example", shared.registry]];
    const blocks = Object.values(examples).filter(({ notRun }) => notRun === undefined)
      .map(({ lines }) => `\`\`\`sh\n${lines.trim()}\n\`\`\`\n`);
    await runBlocks("the commands' examples", files + blocks.join("\n"), world, {
      FAIRLEAD_PROGRAM: `${root}scripts/fairlead`,
      FAIRLEAD_POLICY_ENGINE: await engineModule(),
    });
  });

  Deno.test("the manual: the first build", async () => {
    const stdout = await follow("docs/first-build.md", common);
    assert.match(stdout, /Hello, world/);
  });

  Deno.test("the manual: bake", async () => {
    const stdout = await follow("docs/bake.md", common);
    assert.match(stdout, /TARGET\s+DESCRIPTION\napp/);
  });

  Deno.test("the manual: policies", async () => {
    const env = { FAIRLEAD_POLICY_ENGINE: await engineModule() };
    assert.match(await follow("docs/policies.md", common, env), /denied, as it should be/);
  });

  Deno.test("the manual: troubleshooting", async () => {
    await follow("docs/troubleshooting.md", common);
  });

  Deno.test("the manual: CI in a plain shell", async () => {
    const stdout = await follow("docs/ci.md", [...common, ["tcp://127.0.0.1:1234", shared.tcp]]);
    assert.match(stdout, /built sha256:[0-9a-f]{64}/);
  });

  Deno.test("the manual: builders elsewhere", async () => {
    await using sshd = await startSshd();
    const port = freePort();
    await using daemons = new AsyncDisposableStack();
    const world: World = [
      behind(sshd),
      ["builder.example:1234", `localhost:${port}`],
      ["builder.example", "localhost"],
      ["fairlead certs check certs\n", `fairlead certs check certs\n${MEANWHILE}`],
      ...common,
    ];
    await follow("docs/remote-builders.md", world, {}, async (folder) => {
      // The daemon's administrator has taken the files to its machine.
      const path = (name: string) => `${folder}/certs/daemon/${name}.pem`;
      const tls = { cert: path("cert"), key: path("key"), ca: path("ca") };
      daemons.use(await startBuildkitd({ tcp: port, tls, config }));
    });
  });
}

Deno.test("the manual: the messages of troubleshooting are those that the program has", async () => {
  const sources = await check("git", [
    ...["grep", "-h", "", "--", "*.ts", "scripts/compile/head.sh", ":!tests/manual"],
  ], { cwd: root });
  // A test's pattern has backslashes before special characters.
  const text = sources.stdout.replaceAll("\\", "");
  const page = await Deno.readTextFile(`${root}docs/troubleshooting.md`);
  const parts = [...page.matchAll(/^\| (`[^|]*)\|/gm)].flatMap(([, cell]) =>
    [...cell!.matchAll(/`([^`]+)`/g)].flatMap(([, message]) => message!.split("…"))
  ).map((part) => part.trim()).filter((part) => part !== "");
  assert.ok(parts.length > 30, parts.join("\n"));
  assert.deepEqual(parts.filter((part) => !text.includes(part)), []);
});

Deno.test("the manual: every command is run by a test, or says why not", async () => {
  const stray: string[] = [];
  const all = [...Deno.readDirSync(`${root}docs`)].map(({ name }) => `docs/${name}`)
    .filter((name) => name.endsWith(".md")).concat("README.md", "CONTRIBUTING.md");
  for (const page of all) {
    const text = await Deno.readTextFile(root + page);
    if (!OTHERS.has(page)) stray.push(...strayCommands(text).map((line) => `${page}: ${line}`));
    const followed = pages.includes(page);
    for (const { language, file, notRun, line } of blocksOf(text)) {
      const isRun = followed && (language === "sh" || file !== "");
      // The printed form of an error, and the parts that other tests take from their page.
      const needsNone = language === "text" || OTHERS.has(page);
      if (!isRun && notRun === undefined && !needsNone) {
        stray.push(`${page}:${line}: neither run nor marked`);
      }
    }
    for (const path of namedTests(text)) {
      if (!exists(root + path)) stray.push(`${page}: there is no ${path}`);
    }
  }
  assert.deepEqual(stray, []);
});

Deno.test("the manual: each test that a page names is there, and each link leads somewhere", async () => {
  const tracked = await check("git", ["ls-files"], { cwd: root });
  const files = new Set(tracked.stdout.trim().split("\n"));
  const missing: string[] = [];
  const linked = new Set<string>();
  for (const page of files) {
    if (!page.endsWith(".md")) continue;
    const text = await Deno.readTextFile(root + page);
    for (const [, path] of text.matchAll(/`((?:\w+\/)+[a-z0-9_]+_test\.ts)`/g)) {
      if (!files.has(path!)) missing.push(`${page}: ${path}`);
    }
    for (const [, link] of text.matchAll(/\]\((?!https?:)([^)]+)\)/g)) {
      const { pathname, hash } = new URL(link!, `file:///${page}`);
      const path = pathname.slice(1);
      linked.add(path);
      const there = files.has(path) && (hash === "" ||
        anchorsOf(await Deno.readTextFile(root + path)).includes(hash.slice(1)));
      if (!there) missing.push(`${page}: ${link}`);
    }
  }
  for (const path of files) {
    if (/^docs\/.*\.md$/.test(path) && path !== "docs/README.md" && !linked.has(path)) {
      missing.push(`no page links to ${path}`);
    }
  }
  assert.deepEqual(missing, []);
});
