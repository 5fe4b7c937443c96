/**
 * A prepared build opens only permitted paths, whatever its definition says. The definitions are
 * random (the same for the same seed) and made of misleading texts.
 */
import { equal, ok } from "node:assert/strict";
import { resolveTargets } from "../../bake/definition/resolve.ts";
import type { Target } from "../../bake/target.ts";
import { chooseBuilder, openStore } from "../../builders/builder.ts";
import { checkouts } from "../../builds/inputs/git_repository.ts";
import { checkPermissions } from "../../builds/permissions/check.ts";
import { prepare } from "../../builds/prepare.ts";
import { openScratch } from "../../builds/scratch.ts";
import { isRemote } from "../../builds/spec/remote.ts";
import { planTargets } from "../../commands/bake/plan.ts";
import { fakeDeps } from "../commands/fake_deps.ts";
import { testAlone } from "../harness/alone.ts";
import { seededBelow } from "../harness/random.ts";

const ignore = Deno.build.os === "windows";
const SEED = Number(Deno.env.get("FAIRLEAD_TEST_SEED") ?? 7);
const RUNS = 300;

const prefixes = [
  ...["", "./", "../", "github.com/", "github.com/../", "github.com/../../", "https://"],
  ...["https://../../", "http://x.git/../", "ssh://git@host/../../../", "git@host:../"],
  ...["docker-image:/../../", "docker-image://", "oci-layout://", "oci-layout://../", "target:"],
  ...["cwd://", "cwd://../", "cwd://github.com/../../", "link/", "link/../", "dangling/", "ROOT/"],
];
const names = [
  ...["out", "out/.ssh", "out/.ssh/id", "out/layout", "Dockerfile", "dangling"],
  ...["http.git", "github.com/x", "x", "..", "", "b"],
];

/** Makes a folder `in` to bake in, and a folder `out` that must not be touched. */
function makeFolders(): string {
  const root = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "fairlead-opened-" }));
  for (const folder of ["in/sub", "in/github.com", "in/https:", "out/.ssh", "out/layout/blobs"]) {
    Deno.mkdirSync(`${root}/${folder}`, { recursive: true });
  }
  for (const folder of ["in", "in/sub", "out", "out/.ssh"]) {
    Deno.writeTextFileSync(`${root}/${folder}/Dockerfile`, "FROM scratch\n");
  }
  Deno.writeTextFileSync(`${root}/out/.ssh/id`, "secret");
  const manifest = `{"digest":"sha256:${"0".repeat(64)}","size":1,"mediaType":"m"}`;
  Deno.writeTextFileSync(`${root}/out/layout/index.json`, `{"manifests":[${manifest}]}`);
  Deno.symlinkSync("../out", `${root}/in/link`);
  Deno.symlinkSync("../out/new", `${root}/in/dangling`);
  Deno.symlinkSync("../out", `${root}/in/http.git`);
  Deno.symlinkSync("../../out", `${root}/in/github.com/x`);
  Deno.symlinkSync("../out", `${root}/in/git@host:x`);
  return root;
}

function randomTarget(below: (limit: number) => number, root: string): Target {
  const pick = <T>(all: readonly T[]) => all[below(all.length)]!;
  const path = () => (pick(prefixes) + pick(names)).replace("ROOT", root);
  const some = <T>(make: () => T) => below(3) === 0 ? [make()] : [];
  const attrs = (key: string) =>
    new Map([[pick([key, key, key, key, key.toUpperCase(), `${key}=x`]), path()], [
      "mode",
      pick(["delete", "max"]),
    ]]);
  const target: Target = { name: "a" };
  if (below(4) > 0) target.context = path();
  const kind = below(4);
  if (kind < 2) target.dockerfile = path();
  if (kind === 2) target["dockerfile-inline"] = "FROM scratch\n";
  if (below(2) === 0) {
    target.contexts = new Map([[pick(["c", "c", "c", "c", "d=../out/x", "A b"]), path()], [
      "e",
      path(),
    ]]);
  }
  target["cache-from"] = some(() => ({ type: "local", attrs: attrs("src") }));
  target["cache-to"] = some(() => ({ type: "local", attrs: attrs("dest") }));
  target.output = some(() => ({
    type: pick(["local", "local", "tar", "oci", "docker"]),
    dest: pick([path(), ""]),
    attrs: new Map([[
      pick(["tar", "tar", "load", "x", "x"]),
      pick(["false", "podman", "containerd"]),
    ], [pick(["socket", "dest", "DEST"]), path()]]),
  }));
  if (below(4) === 0) {
    target.secret = some(() => ({ id: path(), src: pick([path(), ""]), env: "" }));
  }
  return target;
}

// Relative paths count from the process's folder.
testAlone(
  {
    name: `a build opens what is permitted, and nothing else (seed ${SEED})`,
    file: import.meta.url,
    ignore,
  },
  async () => {
    const root = makeFolders();
    const counts = { tried: 0, asked: 0, prepared: 0 };
    try {
      const below = seededBelow(SEED);
      for (const target of systematic(root)) {
        await tryOne(target, { root, counts, isFetched: below(2) === 0 });
      }
      for (let run = 0; run < RUNS; run++) {
        const repository = below(3) === 0 ? "https://host/r.git" : undefined;
        const isFetched = repository !== undefined || below(2) === 0;
        await tryOne(randomTarget(below, root), { root, counts, repository, isFetched });
      }
      // deno-lint-ignore no-console -- a run says what it tried
      console.log(`    seed ${SEED}: ${JSON.stringify(counts)}`);
      ok(counts.asked > RUNS / 20 && counts.prepared > RUNS / 20, JSON.stringify(counts));
    } finally {
      Deno.removeSync(root, { recursive: true });
    }
  },
);

/** Each text stands in each place, and nothing else can fail. */
function* systematic(root: string): Generator<Target> {
  const inline = { name: "a", "dockerfile-inline": "FROM scratch\n" };
  for (const prefix of prefixes) {
    for (const name of names) {
      const text = `${prefix}${name}`.replace("ROOT", root);
      yield { ...inline, context: text };
      yield { ...inline, contexts: new Map([["c", text]]) };
      yield { name: "a", dockerfile: text };
    }
  }
}

async function tryOne(written: Target, { root, counts, repository, isFetched }: {
  readonly root: string;
  readonly counts: { tried: number; asked: number; prepared: number };
  readonly repository?: string | undefined;
  readonly isFetched: boolean;
}): Promise<void> {
  const cwd = `${root}/in`;
  const env = { BUILDKIT_HOST: "tcp://127.0.0.1:1", HOME: `${root}/home` };
  const quiet = { isTerminal: false, write: () => {}, writeBytes: () => Promise.resolve() };
  const deps = fakeDeps(["bake"], { env, cwd }, quiet as never, quiet as never);
  const text = JSON.stringify(
    { written, repository, isFetched },
    (_, value) => value instanceof Map ? [...value] : value,
  );
  counts.tried++;
  Deno.chdir(cwd);
  try {
    const definition = { targets: [written, { name: "b" }], groups: [], variables: [] };
    const request = { names: ["a"], overrides: [], env: () => undefined };
    const plan = await planTargets(resolveTargets(definition, request), {
      deps,
      isFetched,
      repository,
      disablesPolicies: false,
    });
    const { missing, permitted } = checkPermissions(plan, {
      deps,
      allow: [],
      named: { read: [], write: [], networkHost: false, securityInsecure: false },
      isRemote: isFetched,
      files: [],
    });
    if (missing) counts.asked++;
    const granted = {
      read: [cwd, ...missing?.privileges.read ?? []],
      write: [cwd, ...missing?.privileges.write ?? []],
    };
    const store = openStore(deps.env);
    const builder = await chooseBuilder(store, deps.env, "");
    for (const { name, spec } of plan) {
      if (isFetched) {
        const texts = [written.context ?? ".", ...written.contexts?.values() ?? []];
        const sources = [spec.context, ...spec.contexts.map(({ source }) => source)];
        if (name === "a") {
          for (const [at, source] of sources.entries()) {
            if (isRemote(texts[at]!)) ok(!("path" in source) || source.kind === "none", text);
          }
        }
      }
      using scratch = openScratch();
      // The second check is off here, so the list of needs alone must be right.
      const context = {
        deps,
        builder,
        store,
        scratch,
        budget: 0,
        sourcePolicy: undefined,
        checkoutOf: checkouts(),
        targets: new Set(plan.map(({ name }) => name)),
      };
      const mayRead = permitted!.mayRead;
      const build = await prepare(spec, {
        ...context,
        permitted: { mayRead, mayWrite: () => true },
      }).catch((error) => {
        ok(!/may not (?:read|write)/.test(error.message), `${error.message} ${text}`);
        ok(!(error instanceof TypeError), text);
        return undefined;
      });
      if (build === undefined) continue;
      counts.prepared++;
      const { read, write } = build.opened;
      for (const path of read) ok(isWithin(path, granted.read), `reads ${path}: ${text}`);
      for (const path of write) ok(isWithin(path, granted.write), `writes ${path}: ${text}`);
    }
  } catch (error) {
    if ((error as Error).name === "AssertionError") throw error;
    // Definitions that are refused open no path.
    equal(["BakeError", "UsageError", "SecretError"].includes((error as Error).name), true, text);
  }
}

/** Asks the system, and not our own code, where a path leads. */
function isWithin(path: string, folders: readonly string[]): boolean {
  let at = path;
  for (;;) {
    try {
      const real = Deno.realPathSync(at);
      return folders.some((folder) => real === folder || real.startsWith(`${folder}/`));
    } catch {
      const link = linkAt(at);
      at = link ?? (at.slice(0, at.lastIndexOf("/")) || "/");
    }
  }
}

function linkAt(path: string): string | undefined {
  try {
    const link = Deno.readLinkSync(path);
    return link.startsWith("/") ? link : `${path.slice(0, path.lastIndexOf("/"))}/${link}`;
  } catch {
    return undefined;
  }
}
