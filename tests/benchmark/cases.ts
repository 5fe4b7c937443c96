import { check } from "../harness/run.ts";
import { need } from "../harness/tool.ts";
import { startDockerd } from "../harness/dockerd.ts";
import { buildctlBuild, driverOptions, writeCopies } from "./away.ts";
import { bootCase } from "./boot.ts";
import type { Daemon } from "./daemon.ts";
import { filesBelow, touch, writeMany, writeRandom } from "./files.ts";

/** The measured programs. */
export type Program = "fairlead" | "buildctl" | "buildx";

/** The environment of a case. */
export interface Bench {
  /** The command line that starts fairlead. */
  readonly fairlead: readonly string[];
  readonly daemon: Daemon;
  /** The daemon is reached by TCP under mutual TLS, not by its socket. */
  readonly tls?: true;
  /** The folder of contexts, outputs and the store of builders. */
  readonly folder: string;
}

/** A case that is ready to run. */
export interface SetUp {
  /** The command lines of the programs that have the command. */
  readonly commands: Partial<Record<Program, string[]>> & { readonly fairlead: string[] };
  readonly env: Record<string, string>;
  /** Called before every run; not measured. */
  before(program: Program): Promise<void>;
  end(): Promise<void>;
}

type Case = (bench: Bench) => Promise<SetUp>;

const GIB = 1 << 30;

const POLICY = `package docker

default allow := false

allow if input.local

decision := {"allow": allow}
`;

/** The cases by name. `-tls`: over TCP and mutual TLS. */
export const cases: Record<string, Case> = {
  "up-1g-tls": (bench) => cases["up-1g"]!({ ...bench, tls: true }),
  "tar-1g-tls": (bench) => cases["tar-1g"]!({ ...bench, tls: true }),
  "cached-tls": (bench) => cases["cached"]!({ ...bench, tls: true }),
  "ls-tls": (bench) => cases["ls"]!({ ...bench, tls: true }),
  /** 1 GiB in one file goes up. It is touched, so it is sent again; its content is known. */
  "up-1g": (bench) =>
    buildCase(bench, {
      fill: (dir) => writeRandom(`${dir}/big`, GIB),
      before: (dir) => touch(`${dir}/big`),
    }),
  /** 20,000 files of 2 KB go up, likewise. */
  "up-20k": (bench) =>
    buildCase(bench, {
      fill: (dir) => writeMany(dir, 20_000, 2048),
      before: async (dir) => {
        for await (const path of filesBelow(dir)) await touch(path);
      },
    }),
  /** 100,000 files are compared, and no file is sent. */
  "same-100k": (bench) => buildCase(bench, { fill: (dir) => writeMany(dir, 100_000, 100) }),
  /** A build of one file that is all cached: start-up and round trips. */
  "cached": (bench) =>
    buildCase(bench, { fill: (dir) => Deno.writeTextFile(`${dir}/hello`, "hello\n") }),
  /** The same build under a policy next to its Dockerfile. */
  "policy": async (bench) => {
    const setUp = await buildCase(bench, {
      async fill(dir) {
        await Deno.writeTextFile(`${dir}/hello`, "hello\n");
        await Deno.writeTextFile(`${dir}/../Dockerfile.rego`, POLICY);
      },
    });
    const { buildctl: _, ...commands } = setUp.commands;
    return { ...setUp, commands };
  },
  /** A daemon in a container of a Docker engine is booted, up to its first answer. */
  "boot": (bench) => bootCase(bench),
  /** A command that only starts the program. */
  "version": (bench) => plainCase(bench, "version"),
  /** One builder, and docker's default context, where no engine is. */
  "ls": (bench) => plainCase(bench, "ls"),
  /** 20 targets, all cached, at once. */
  "bake-20": (bench) => bakeCase(bench, 20, "--progress=plain"),
  /** A definition of 200 targets, which inherit from each other, read and printed. */
  "bake-print-200": (bench) => bakeCase(bench, 200, "--print"),
  /** 1 GiB comes down as a tar. */
  "tar-1g": (bench) =>
    buildCase(bench, {
      fill: (dir) => writeRandom(`${dir}/big`, GIB),
      output: (out) => `type=tar,dest=${out}/out.tar`,
    }),
  /** 1 GiB comes down as a folder. */
  "local-1g": (bench) =>
    buildCase(bench, {
      fill: (dir) => writeRandom(`${dir}/big`, GIB),
      output: (out) => `type=local,dest=${out}`,
    }),
  /** An image of 1 GiB goes into an engine that lacks it; for buildctl by docker's program. */
  "load-1g": (bench) => loadCase(bench, () => Promise.resolve()),
  /** The same case after a change: each build copies 1 GiB of new data, and its layer is loaded. */
  "load-new-1g": (bench) =>
    loadCase(bench, async (dir) => {
      // Otherwise the leftovers of the runs fill the memory.
      await check(await need("buildctl"), [`--addr=${bench.daemon.address}`, "prune", "--all"]);
      await writeRandom(`${dir}/big`, GIB);
    }),
  /** The engine has an image of 1 GiB, and gets it with another layer of 1 MiB. */
  "load-changed-1g": (bench) =>
    loadCase(bench, (dir) => writeRandom(`${dir}/small`, 1 << 20), { keep: true }),
};

interface BuildCase {
  /** Makes the files that `COPY . /` copies. */
  fill(dir: string): Promise<void>;
  before?(dir: string): Promise<void>;
  /** Each of these files is a layer; without it, all are one. */
  layers?: readonly string[];
  output?(out: string): string;
}

/** A folder with a store of buildx's, in which the builder `bench` is the daemon. */
async function benchStore({ daemon, tls, folder }: Bench) {
  const buildx = await need("buildx");
  const root = await Deno.makeTempDir({ dir: folder, prefix: "fairlead-bench-" });
  const env = { BUILDX_CONFIG: `${root}/buildx`, DOCKER_CONFIG: `${root}/docker`, NO_COLOR: "1" };
  await check(
    buildx,
    [
      ...["create", "--name=bench", "--driver=remote"],
      ...tls ? driverOptions(daemon.tls) : [],
      tls ? daemon.tcp : daemon.address,
    ],
    { env },
  );
  return { root, env, buildx, end: () => Deno.remove(root, { recursive: true }) };
}

async function plainCase(bench: Bench, command: string): Promise<SetUp> {
  const { env, buildx, end } = await benchStore(bench);
  return {
    env,
    commands: { fairlead: [...bench.fairlead, command], buildx: [buildx, command] },
    before: () => Promise.resolve(),
    end,
  };
}

async function bakeCase(bench: Bench, count: number, word: string): Promise<SetUp> {
  const { root, env, buildx, end } = await benchStore(bench);
  await Deno.writeTextFile(`${root}/Dockerfile`, "FROM scratch\nARG N\nCOPY Dockerfile /$N\n");
  const names = Array.from({ length: count }, (_, at) => `t${at}`);
  const targets = names.map((name, at) =>
    `target "${name}" {\n  context = "${root}"\n  args = { N = "${at}", M = upper("m") }\n` +
    `  inherits = [${at % 10 === 0 ? "" : `"t${at - 1}"`}]\n  output = ["type=cacheonly"]\n}\n`
  );
  const file = `${root}/docker-bake.hcl`;
  const group = `group "default" {\n  targets = ${JSON.stringify(names)}\n}\n`;
  await Deno.writeTextFile(file, group + targets.join(""));
  const bake = ["bake", "--builder=bench", `--file=${file}`, word];
  return {
    // Its context is not the folder that the measurement was started in.
    env: { ...env, BUILDX_BAKE_ENTITLEMENTS_FS: "0" },
    commands: { fairlead: [...bench.fairlead, ...bake], buildx: [buildx, ...bake] },
    before: () => Promise.resolve(),
    end,
  };
}

/** @param options.keep the engine keeps the image of the run before */
async function loadCase(
  bench: Bench,
  before: (dir: string) => Promise<void>,
  { keep = false } = {},
): Promise<SetUp> {
  const engine = await startDockerd({ dir: "/dev/shm" });
  const fill = (dir: string) => writeRandom(`${dir}/big`, GIB);
  const layers = keep ? ["big", "small"] : undefined;
  const setUp = await buildCase(bench, { fill, before, ...layers && { layers } });
  const { fairlead, buildx, buildctl } = setUp.commands;
  const load = ["--tag=bench", "--load"];
  const pipe = '"$@" --output=type=docker,name=bench | "$DOCKER" load';
  return {
    env: {
      ...setUp.env,
      DOCKER_HOST: engine.address,
      DOCKER: `${engine.programs}/usr/bin/docker`,
    },
    commands: {
      fairlead: [...fairlead, ...load],
      buildx: [...buildx, ...load],
      buildctl: ["bash", "-o", "pipefail", "-c", pipe, "-", ...buildctl],
    },
    async before(program) {
      if (!keep) await engine.docker("rmi", "--force", "bench");
      await setUp.before(program);
    },
    async end() {
      await setUp.end();
      await engine.stop();
    },
  };
}

async function buildCase(
  bench: Bench,
  options: BuildCase,
): Promise<SetUp & { readonly commands: Record<Program, string[]> }> {
  const { fairlead, daemon, tls } = bench;
  const buildctl = await need("buildctl");
  const { root, env, buildx, end } = await benchStore(bench);
  const context = `${root}/context`;
  const files = `${context}/files`;
  const out = `${root}/out`;
  await writeCopies(context, options.layers);
  await options.fill(files);
  const output = options.output ? [`--output=${options.output(out)}`] : [];
  const build = ["build", "--builder=bench", "--progress=plain", ...output, context];
  return {
    env,
    commands: {
      fairlead: [...fairlead, ...build],
      buildctl: [
        buildctl,
        ...tls
          ? buildctlBuild(daemon.tcp, context, daemon.tls)
          : buildctlBuild(daemon.address, context),
        ...output,
      ],
      buildx: [buildx, ...build],
    },
    async before() {
      await Deno.remove(out, { recursive: true }).catch(() => {});
      await Deno.mkdir(out);
      await options.before?.(files);
    },
    end,
  };
}
