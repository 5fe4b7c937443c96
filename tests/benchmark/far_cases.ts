/** The work that is measured over a long and narrow link. */
import { check } from "../harness/run.ts";
import { need } from "../harness/tool.ts";
import { buildctlAt, buildctlBuild, writeCopies } from "./away.ts";
import type { Program } from "./cases.ts";
import { filesBelow, touch, writeMany, writeRandom } from "./files.ts";
import type { FarWay, FarWays } from "./far_ways.ts";

/** Command lines of the programs that have the command. */
export type Commands = Readonly<Partial<Record<Program, readonly string[]>>>;

/** A piece of work. */
export interface FarCase {
  /** Bytes that cross the link whatever the program does, if the work is about bytes. */
  readonly payload?: number;
  commands(way: FarWay): Commands;
  /** Called before every run; not measured. */
  before(program: Program): Promise<void>;
}

export type FarCaseName = keyof typeof makers;

const makers = {
  /** The daemon's workers are listed. */
  first: ({ programs }: Making) =>
    Promise.resolve(still(({ builder, addr, tls }) => ({
      fairlead: [...programs.fairlead, "inspect", builder],
      buildctl: [...programs.buildctl, ...buildctlAt(addr, tls), "debug", "workers"],
      buildx: [...programs.buildx, "inspect", builder],
    }))),
  /** A store with one builder of ten nodes is listed. */
  ls: async ({ ways: { root, list }, programs }: Making) => {
    for (const { ten } of list) {
      const folder = `${root}/${ten}/instances`;
      await Deno.mkdir(folder, { recursive: true });
      await Deno.copyFile(`${root}/buildx/instances/${ten}`, `${folder}/${ten}`);
    }
    return still(({ ten }) => {
      const store = ["env", `BUILDX_CONFIG=${root}/${ten}`];
      return {
        fairlead: [...store, ...programs.fairlead, "ls"],
        buildx: [...store, ...programs.buildx, "ls"],
      };
    });
  },
  cached: (making: Making) =>
    build(making, "cached", {
      fill: (dir) => Deno.writeTextFile(`${dir}/hello`, "hello\n"),
    }),
  /** Go's own sources, 57 MB of them, are sent again and again: each file was touched. */
  sources: (making: Making) => build(making, "sources", { fill: copySources, before: touchAll }),
  /** The same sources. In the place of buildctl stands fairlead without compression. */
  compression: async (making: Making) => {
    const made = await build(making, "compression", { fill: copySources, before: touchAll });
    return {
      ...made,
      commands(way: FarWay): Commands {
        const { fairlead = [] } = made.commands(way);
        return { fairlead, buildctl: ["env", "FAIRLEAD_COMPRESS_UPLOADS=false", ...fairlead] };
      },
    };
  },
  /** One file of 20,000 has changed. */
  changed: (making: Making) =>
    build(making, "changed", {
      fill: (dir) => writeMany(dir, 20_000, 2048),
      before: (dir) => touch(`${dir}/7/file-777`),
    }),
  /** 64 MiB that can't be compressed. */
  noise: (making: Making) =>
    build(making, "noise", {
      payload: NOISE,
      fill: (dir) => writeRandom(`${dir}/big`, NOISE),
      before: (dir) => touch(`${dir}/big`),
    }),
  /** The same bytes come down as a tar. */
  tar: (making: Making) =>
    build(making, "tar", {
      payload: NOISE,
      fill: (dir) => writeRandom(`${dir}/big`, NOISE),
      output: `type=tar,dest=${making.ways.root}/out.tar`,
    }),
  /**
   * Go's sources come down into a folder that has all but one of them. For fairlead, a daemon on
   * loopback isn't far, so it is asked for.
   */
  local: async (making: Making) => {
    const output = `type=local,dest=${making.ways.root}/out`;
    const made = await build(making, "local", {
      fill: copySources,
      before: (dir) => Deno.writeTextFile(`${dir}/changing`, crypto.randomUUID()),
      output,
    });
    return {
      ...made,
      commands(way: FarWay): Commands {
        const { fairlead = [], ...peers } = made.commands(way);
        const reusing = fairlead.map((word) =>
          word === `--output=${output}` ? `${word},reuse=true` : word
        );
        return { ...peers, fairlead: reusing };
      },
    };
  },
  /** An engine has an image of 256 MiB, and gets it with another layer of 1 MiB. */
  load: async (making: Making) => {
    const { address, programs } = await making.ways.engine();
    const made = await build(making, "load", {
      layers: ["big", "small"],
      fill: (dir) => writeRandom(`${dir}/big`, 256 << 20),
      before: (dir) => writeRandom(`${dir}/small`, 1 << 20),
    });
    const host = ["env", `DOCKER_HOST=${address}`];
    const pipe = `"$@" --output=type=docker,name=far | ${programs}/usr/bin/docker load`;
    return {
      ...made,
      commands(way: FarWay): Commands {
        const { fairlead = [], buildctl = [], buildx = [] } = made.commands(way);
        return {
          fairlead: [...host, ...fairlead, "--tag=far", "--load"],
          buildctl: [...host, "bash", "-o", "pipefail", "-c", pipe, "-", ...buildctl],
          buildx: [...host, ...buildx, "--tag=far", "--load"],
        };
      },
    };
  },
  /** 20 targets share one context of 2 MB that was touched. */
  bake: async ({ ways: { root }, programs }: Making) => {
    const folder = `${root}/bake`;
    await Deno.mkdir(`${folder}/files`, { recursive: true });
    await writeMany(`${folder}/files`, 1000, 2048);
    await Deno.writeTextFile(`${folder}/Dockerfile`, "FROM scratch\nARG N\nCOPY files /$N\n");
    const names = Array.from({ length: 20 }, (_, at) => `t${at}`);
    const target = Object.fromEntries(names.map((name, at) => [name, {
      context: folder,
      args: { N: `${at}` },
      output: ["type=cacheonly"],
    }]));
    const file = `${folder}/docker-bake.json`;
    await Deno.writeTextFile(
      file,
      JSON.stringify({ group: { default: { targets: names } }, target }),
    );
    const words = ["bake", `--file=${file}`, "--progress=plain", "--allow=fs=*"];
    return {
      commands: ({ builder }: FarWay): Commands => ({
        fairlead: [...programs.fairlead, ...words, `--builder=${builder}`],
        buildx: [...programs.buildx, ...words, `--builder=${builder}`],
      }),
      before: () => touchAll(`${folder}/files`),
    };
  },
};

const NOISE = 64 << 20;
const SOURCES = 57e6;

/** The parts that cases are made of. */
export interface Making {
  readonly ways: FarWays;
  readonly programs: Readonly<Record<Program, readonly string[]>>;
}

/** Makes a case once. */
export function farCases(making: Making): (name: FarCaseName) => Promise<FarCase> {
  const made = new Map<FarCaseName, Promise<FarCase>>();
  return (name) => made.getOrInsertComputed(name, () => makers[name](making));
}

export const farCaseNames = Object.keys(makers) as FarCaseName[];

/** @param before words before each command line */
export async function farPrograms(
  fairlead: readonly string[],
  before: readonly string[],
): Promise<Making["programs"]> {
  return {
    fairlead: [...before, ...fairlead],
    buildctl: [...before, await need("buildctl")],
    buildx: [...before, await need("buildx")],
  };
}

function still(commands: FarCase["commands"]): FarCase {
  return { commands, before: () => Promise.resolve() };
}

interface Build {
  readonly payload?: number;
  /** Each of these files is a layer; without it, all are one. */
  readonly layers?: readonly string[];
  fill(dir: string): Promise<void>;
  before?(dir: string): Promise<void>;
  readonly output?: string;
}

async function build({ ways, programs }: Making, name: string, work: Build): Promise<FarCase> {
  const context = `${ways.root}/${name}`;
  const files = `${context}/files`;
  await writeCopies(context, work.layers);
  await work.fill(files);
  const output = work.output === undefined ? [] : [`--output=${work.output}`];
  const words = ["build", "--progress=plain", ...output, context];
  return {
    ...work.payload === undefined ? {} : { payload: work.payload },
    commands: ({ builder, addr, tls }) => ({
      fairlead: [...programs.fairlead, ...words, `--builder=${builder}`],
      buildctl: [...programs.buildctl, ...buildctlBuild(addr, context, tls), ...output],
      buildx: [...programs.buildx, ...words, `--builder=${builder}`],
    }),
    before: async () => await work.before?.(files),
  };
}

/** Copies the first 57 MB of the sources of Go, which are on every machine that can run this. */
async function copySources(dir: string): Promise<void> {
  const from = `${(await check("go", ["env", "GOROOT"])).stdout.trim()}/src`;
  let left = SOURCES;
  for (const path of (await Array.fromAsync(filesBelow(from))).sort()) {
    if (left <= 0) return;
    const to = `${dir}${path.slice(from.length)}`;
    await Deno.mkdir(to.slice(0, to.lastIndexOf("/")), { recursive: true });
    await Deno.copyFile(path, to);
    left -= (await Deno.stat(to)).size;
  }
}

async function touchAll(dir: string): Promise<void> {
  for await (const path of filesBelow(dir)) await touch(path);
}
