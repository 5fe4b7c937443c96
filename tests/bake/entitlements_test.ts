/**
 * Actions that a definition needs a permission for, compared with buildx; and cases that buildx
 * permits.
 */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { programs, type Workspace, workspace } from "../build/workspace.ts";
import { withShared } from "../harness/shared.ts";
import { missing } from "../harness/tool.ts";
import { fails, succeeds } from "../harness/ended.ts";

const { ignore, shared } = await withShared(await missing("buildx"));
const test = (name: string, fn: Deno.TestDefinition["fn"]) => Deno.test({ name, ignore, fn });
const inline = { "dockerfile-inline": "FROM scratch\nCOPY f /\n" };

/** Runs both programs in a folder below the workspace. A definition may use only that folder. */
async function inside(): Promise<Workspace> {
  const space = await workspace(shared.address);
  space.write({ "in/f": "", "out/f": "", "out/Dockerfile": "FROM scratch\n", secret: "hush" });
  Deno.symlinkSync(space.path("out"), space.path("in/link"));
  return space;
}

async function bake(
  space: Workspace,
  program: "fairlead" | "buildx",
  target: Record<string, unknown>,
  words: readonly string[] = [],
  env: Record<string, string> = {},
) {
  space.write({ "in/d.json": JSON.stringify({ target }) });
  const names = Object.keys(target);
  return await space.below("in")[program](["bake", "-f", "d.json", ...names, ...words], env);
}

/** The lines about the requested permissions. */
function asked(stderr: string): string[] {
  return stderr.match(/^ - .*$/gm) ?? [];
}

test("files outside of the working folder need a permission", async () => {
  await using space = await inside();
  const cases: Record<string, unknown>[] = [
    { ...inline, context: ".." },
    { ...inline, context: "link" },
    { dockerfile: "../out/Dockerfile" },
    { ...inline, contexts: { a: "../out" } },
    { ...inline, secret: ["id=s,src=../secret"] },
    { ...inline, output: ["type=local,dest=../x"] },
    { ...inline, output: ["type=tar,dest=../out/x.tar"] },
    { ...inline, "cache-to": ["type=local,dest=../cache"] },
    { ...inline, "cache-from": ["type=local,src=../out"] },
    { ...inline, network: "host" },
    { ...inline, entitlements: ["security.insecure", "device=a"] },
    { ...inline, output: ["type=local,dest=x,mode=delete"] },
    { ...inline, context: "..", output: ["type=local,dest=.."] },
  ];
  for (const target of cases) {
    const ours = await bake(space, "fairlead", { a: target });
    const theirs = await bake(space, "buildx", { a: target });
    equal(ours.code, 1, ours.stderr);
    ok(asked(ours.stderr).length > 0, JSON.stringify(target));
    equal(asked(ours.stderr).join(), asked(theirs.stderr).join(), JSON.stringify(target));
    const [pass, passThere] = [ours, theirs].map(({ stderr }) => stderr.match(/^Pass .*$/m)?.[0]);
    equal(pass, passThere);
    match(ours.stderr, /^ERROR: additional privileges requested$/m);
    match(ours.stderr, /^fairlead bake --allow=.* -f d\.json a$/m);
  }
});

test("a target whose permissions are given is built", async () => {
  await using space = await inside();
  const target = { ...inline, context: "..", output: ["type=local,dest=../x/y"] };
  const copies = { ...target, "dockerfile-inline": "FROM scratch\nCOPY secret /\n" };
  for (
    const [words, env] of [
      [["--allow", "fs=.."], {}],
      [["--allow", "fs=*"], {}],
      [["--allow", "fs.read=..", "--allow", "fs.write=.."], {}],
      [[], { BUILDX_BAKE_ENTITLEMENTS_FS: "0" }],
    ] as const
  ) {
    await succeeds(bake(space, "fairlead", { a: copies }, words, env));
    equal(space.read("x/y/secret"), "hush");
    Deno.removeSync(space.path("x"), { recursive: true });
  }
  for (const words of [["--allow", "foo"], ["--allow", "buildx.local.delete=1"]]) {
    const ours = await bake(space, "fairlead", { a: inline }, words);
    const theirs = await bake(space, "buildx", { a: inline }, words);
    equal(ours.stderr.match(/^ERROR: .*$/m)?.[0], theirs.stderr.match(/^ERROR: .*$/m)?.[0]);
  }
});

test("misleading paths are shown as they really are", async () => {
  await using space = await inside();
  const name = "../a b'; rm -rf ~ #\x1b[2K";
  space.write({ [`in/${name}`]: "" });
  const target = { ...inline, secret: [{ id: "s", src: name }] };
  const { stderr } = await fails(bake(space, "fairlead", { a: target }));
  equal(stderr.includes("\x1b"), false);
  match(stderr, /^fairlead bake '--allow=fs\.read=\.\.\/a b'\\''; rm -rf ~ #.*' -f d\.json a$/m);
});

test("a path that does not exist yet needs permission for its deepest existing folder, as in buildx", async () => {
  await using space = await inside();
  const target = { ...inline, output: ["type=local,dest=../x/y"] };
  for (
    const words of [
      ["--allow", "fs.write=../x"],
      ["--allow", "fs.write=../x/y"],
      ["--set", "a.output=type=local,dest=../x/y"],
    ]
  ) {
    for (const program of programs) {
      const { stderr } = await fails(bake(space, program, { a: target }, words));
      equal(asked(stderr).join(), " - Write access to path ..", stderr);
    }
  }
});

test("a folder whose name looks like a URL needs the folder's permission", async () => {
  await using space = await inside();
  Deno.mkdirSync(space.path("in/github.com"));
  Deno.symlinkSync(space.path("out"), space.path("in/http.git"));
  Deno.symlinkSync(space.path("out"), space.path("in/github.com/x"));
  space.write({ "out/id": "hush" });
  const cases: [target: Record<string, unknown>, asks: string][] = [
    [{ ...inline, context: "github.com/../../out" }, "Read access to path ../out"],
    [{ ...inline, context: "github.com/x" }, "Read access to path ../out"],
    [{ ...inline, context: "http.git" }, "Read access to path ../out"],
    [{ ...inline, contexts: { a: "docker-image:/../../out" } }, "Read access to path ../out"],
    [{ ...inline, contexts: { a: "oci-layout:/../../out" } }, "Read access to path ../out"],
    [{ dockerfile: "github.com/../../out/id" }, "Read access to path ../out/id"],
    [{ dockerfile: "git@host:../../../out/id" }, "Read access to path ../out/id"],
  ];
  for (const [target, asks] of cases) {
    const { code, stderr } = await bake(space, "fairlead", { a: target });
    equal(code, 1, JSON.stringify(target) + stderr);
    equal(asked(stderr).join(), ` - ${asks}`, JSON.stringify(target) + stderr);
    equal(stderr.includes("hush"), false);
  }
  const service = (build: unknown) => JSON.stringify({ services: { a: { build } } });
  for (
    const build of [
      "github.com/x",
      { context: ".", dockerfile: "github.com/x/id" },
      { context: ".", additional_contexts: { a: "http.git" } },
    ]
  ) {
    space.write({ "in/compose.yaml": service(build), "in/Dockerfile": "FROM scratch\n" });
    const ran = await fails(space.below("in").fairlead(["bake", "-f", "compose.yaml"]));
    match(asked(ran.stderr).join(), /Read access to path \.\.\/out/, ran.stderr);
  }
});

test("permission for a Dockerfile elsewhere does not open its folder", async () => {
  await using space = await inside();
  space.write({
    "out/Dockerfile": "FROM scratch\nCOPY f g /\n",
    "out/Dockerfile.dockerignore": "g\n",
    "in/f": "f",
    "in/g": "g",
  });
  const target = { dockerfile: "../out/Dockerfile", output: ["type=local,dest=x"] };
  const words = ["--allow", "fs.read=../out/Dockerfile"];
  const { stderr } = await fails(bake(space, "fairlead", { a: target }, words));
  match(stderr, /"\/g": not found/);
  space.write({ "out/Dockerfile": "FROM scratch\nCOPY f /\n" });
  equal((await bake(space, "fairlead", { a: target }, words)).code, 0);
  equal(space.read("in/x/f"), "f");
});

test("the check of permissions reads keys and paths as the build does", async () => {
  await using space = await inside();
  space.write({ "out/a=b/f": "" });
  const cases: [target: Record<string, unknown>, error: RegExp][] = [
    [{ "cache-to": [{ type: "local", DEST: "link/x" }] }, /local cache exporter requires dest/],
    [
      { "cache-to": [{ type: "local", "dest=../out/x": "y" }] },
      /local cache exporter requires dest/,
    ],
    [{ "cache-from": [{ type: "local", SRC: "../out" }] }, /local cache importer requires src/],
    [{ contexts: { "a=../out/a": "b" } }, /invalid context name a=\.\.\/out\/a/],
    [{ ssh: [{ id: "k", paths: ["key,../out/key"] }] }, /stat key,\.\.\/out\/key: no such file/],
  ];
  for (const [target, error] of cases) {
    const { code, stderr } = await bake(space, "fairlead", { a: { ...inline, ...target } });
    equal(code, 1, JSON.stringify(target) + stderr);
    equal(asked(stderr).join(), "", JSON.stringify(target) + stderr);
    match(stderr, error);
  }
  const output = [
    { type: "local", dest: "x", DEST: "../out/x", MODE: "delete" },
    { type: "image", TYPE: "local", DEST: "../out" },
  ];
  await succeeds(bake(space, "fairlead", { a: { ...inline, output } }));
  equal(space.read("in/x/f"), "");
  deepEqual([...Deno.readDirSync(space.path("out"))].map(({ name }) => name).sort(), [
    "Dockerfile",
    "a=b",
    "f",
  ]);
});

test("each of several targets is checked, and with --progress rawjson too", async () => {
  await using space = await inside();
  const targets = {
    a: { ...inline },
    b: { ...inline, secret: ["id=s,src=../secret"] },
    c: { ...inline, context: "../out" },
    d: { ...inline },
  };
  for (const words of [[], ["--progress", "rawjson"]]) {
    const { stderr } = await fails(bake(space, "fairlead", targets, words));
    equal(asked(stderr).length, 2, stderr);
    equal(/load build definition/.test(stderr), false);
  }
});

test("what docker compose sends counts as granted, and only that", async () => {
  await using space = await inside();
  const definition = JSON.stringify({
    target: {
      a: {
        ...inline,
        context: "../out",
        secret: ["id=s,src=../secret"],
        output: ["type=cacheonly"],
      },
    },
  });
  space.write({ "in/d.json": definition });
  const run = (words: string[], env: Record<string, string>) =>
    space.below("in").fairlead(["bake", "a", ...words], env, definition);
  const compose = { USER_AGENT: "compose/2.40.3" };
  equal((await run(["-f", "-"], compose)).code, 0);
  equal((await run(["-f", "-"], {})).code, 1);
  equal((await run(["-f", "d.json"], compose)).code, 1);
  equal((await run(["-f", "-", "-f", "d.json"], compose)).code, 1);
  equal((await run(["-f", "-"], { ...compose, BUILDX_BAKE_ENTITLEMENTS_FS: "1" })).code, 1);
});

test("an output of one target opens no way out of the working folder for another", async () => {
  await using space = await inside();
  const id = crypto.randomUUID();
  // The target replaces a file and a folder of the working folder by links to the outside.
  const links = {
    "dockerfile-inline": `FROM busybox\nRUN echo ${id}; mkdir /o && ln -s ../out /o/later && ` +
      "ln -s ../secret /o/token\nFROM scratch\nCOPY --from=0 /o /\n",
    output: ["type=local,dest=."],
  };
  const late = `FROM busybox\nRUN echo ${id}; sleep 4\n`;
  const writes = {
    "dockerfile-inline": `${late}RUN echo x > /x\nFROM scratch\nCOPY --from=0 /x /\n`,
    output: ["type=local,dest=later/sub"],
  };
  const reads = {
    "dockerfile-inline": `${late}RUN --mount=type=secret,id=t,required=true ` +
      "cp /run/secrets/t /t\nFROM scratch\nCOPY --from=0 /t /\n",
    secret: ["id=t,src=token"],
    output: ["type=local,dest=got"],
  };
  for (const [target, error] of [[writes, "write"], [reads, "read"]] as const) {
    for (const name of ["later", "token"]) {
      await Deno.remove(space.path(`in/${name}`), { recursive: true }).catch(() => {});
    }
    space.write({ "in/token": "mine" });
    const { stderr } = await fails(bake(space, "fairlead", { links, target }));
    match(stderr, new RegExp(`the definition may not ${error} `), stderr);
    equal(Deno.lstatSync(space.path("in/token")).isSymlink, true);
    deepEqual([...Deno.readDirSync(space.path("out"))].map(({ name }) => name).sort(), [
      "Dockerfile",
      "f",
    ]);
    equal([...Deno.readDirSync(space.path("in"))].some(({ name }) => name === "got"), false);
  }
});
