/**
 * Builds on a real daemon with failing links, full disks, signals, and few descriptors, processes
 * and bytes of memory, all chosen by a seed. Each build ends with the whole output, or with one
 * clear error and no half-written file. `FAIRLEAD_CHAOS_SEED` repeats a run;
 * `FAIRLEAD_CHAOS_MINUTES` makes it longer.
 */
import { deepEqual, equal } from "node:assert/strict";
import { bundleFolder } from "../../scripts/bundle/program.ts";
import { runFlags } from "../../scripts/compile/run_flags.ts";
import { entriesOf, isTemporary } from "../faults/leftovers.ts";
import { type Buildkitd, startBuildkitd } from "../harness/buildkitd.ts";
import { freePort } from "../harness/daemon.ts";
import { type Dockerd, dockerEngine, startDockerd } from "../harness/dockerd.ts";
import { type Impairment, startProxy } from "../harness/proxy.ts";
import { removeFolder } from "../harness/remove_folder.ts";
import { check } from "../harness/run.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";
import { memoryGroup } from "./memory_group.ts";
import { chaos } from "./tally.ts";
import { waitingSenders } from "../harness/buildkitd.ts";
import { exists } from "../../base/stat.ts";

const ignore = skip(needsRoot() ?? await missing("buildkitd", "runc"));
const minutes = Number(Deno.env.get("FAIRLEAD_CHAOS_MINUTES") ?? 0);
/** Trials of a short run, and how many run side by side. */
const [TRIALS, ABREAST] = [18, 4];
/** Milliseconds after which a build counts as hung: a dead link is noticed after 25 s. */
const LATEST = 60_000;
const FILES = 400;

/** A build: its arguments, and a check of its result. */
interface Work {
  readonly name: string;
  readonly args: readonly string[];
  /** Throws where an output is incomplete or missing. */
  whole(folder: string): void | Promise<void>;
  /** The outputs of {@link whole}, below the folder; an incomplete one never has its name. */
  readonly tree?: string;
  readonly tar?: string;
  /** The engine into which it loads, whose link may be spoilt instead of the daemon's. */
  readonly engine?: Dockerd;
}

/** A build that is loaded into an engine, under a name of its own. */
function loading(engine: Dockerd): Work {
  const name = `chaos-${crypto.randomUUID()}`;
  return {
    name: "build --load",
    args: ["build", "--load", "-t", name, "ctx"],
    engine,
    async whole() {
      await engine.docker("image", "inspect", name);
      await engine.docker("image", "rm", name);
    },
  };
}

const works: Work[] = [
  { name: "build", args: ["build", "ctx"], whole: () => {} },
  {
    name: "build to a folder",
    args: ["build", "-o", "type=local,dest=out/tree", "ctx"],
    tree: "out/tree/f",
    whole: (folder) => wholeTree(`${folder}/out/tree/f`),
  },
  {
    name: "build to a tar",
    args: ["build", "-o", "type=tar,dest=out/a.tar", "ctx"],
    tar: "out/a.tar",
    whole: (folder) => wholeTar(`${folder}/out/a.tar`),
  },
  {
    name: "build to an image",
    args: ["build", "-o", "type=docker,dest=out/image.tar", "ctx"],
    tar: "out/image.tar",
    whole: (folder) => wholeTar(`${folder}/out/image.tar`),
  },
  {
    name: "bake",
    args: ["bake", "-f", "bake.hcl"],
    tree: "out/one/f",
    tar: "out/two.tar",
    whole(folder) {
      wholeTree(`${folder}/out/one/f`);
      wholeTar(`${folder}/out/two.tar`);
    },
  },
];

function wholeTree(folder: string): void {
  equal(wholeFiles(folder), FILES);
}

/** The number of files in the folder, each of which is whole. */
function wholeFiles(folder: string): number {
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name)
    .filter((name) => !isTemporary(name));
  for (const name of names) equal(Deno.statSync(`${folder}/${name}`).size, sizeOf(Number(name)));
  return names.length;
}

/** Throws where a program that was killed left an incomplete output under its name. */
function neverHalf({ tree, tar }: Work, folder: string): void {
  if (tree && exists(`${folder}/${tree}`)) wholeFiles(`${folder}/${tree}`);
  if (tar && exists(`${folder}/${tar}`)) wholeTar(`${folder}/${tar}`);
}

/** A tar ends with two blocks of zeros. */
function wholeTar(path: string): void {
  const { size } = Deno.statSync(path);
  using file = Deno.openSync(path);
  file.seekSync(size - 1024, Deno.SeekMode.Start);
  const end = new Uint8Array(1024);
  file.readSync(end);
  deepEqual(end, new Uint8Array(1024), "the tar has no end");
}

const sizeOf = (name: number) => name % 50 === 0 ? 200_000 : name % 7 * 1000;

/** A fault. `$0` and `$@` are the program and its arguments. */
interface Spoiling {
  readonly name: string;
  readonly up?: Impairment;
  readonly down?: Impairment;
  /** The link to the engine suffers, not the one to the daemon. */
  readonly atEngine?: boolean;
  /** A script of the shell instead of `exec "$0" "$@"`. */
  readonly shell?: string;
  /** The most bytes of memory; beyond, the system kills the program. */
  readonly memory?: number;
  /** A size of V8's heap in MiB; beyond, the runtime aborts. */
  readonly heap?: number;
  /** Files of the context are changed, removed and replaced all the time. */
  readonly restless?: boolean;
  /** Options of a tmpfs at `out`. */
  readonly disk?: string;
  /** Signals, and when they come, in milliseconds. */
  readonly signals?: readonly (readonly [at: number, signal: Deno.Signal])[];
}

/** @param random from 0 to below 1 */
function spoiling(random: () => number, isShort: boolean): Spoiling {
  const choose = <T>(...all: T[]) => all[Math.floor(random() * all.length)]!;
  /** Small numbers come as often as large ones. */
  const bytes = () => Math.floor(Math.exp(random() * Math.log(4e6)));
  const at = bytes();
  const direction = choose("up", "down") as "up" | "down";
  // A stall takes its 25 s: few of them in a short run.
  const kinds = [
    ...["cut", "cut", "cut", "slow", "signal", "signal", "closed"],
    ...["disk", "disk", "limit", "tree", "processes", "memory", "heap"],
  ];
  const kind = choose(...kinds, ...isShort && random() < 0.9 ? [] : ["hole", "stall"]);
  switch (kind) {
    case "cut":
      return { name: `cut ${direction} after ${at}`, [direction]: { cutAfter: at } };
    case "hole":
      return { name: `hole ${direction} after ${at}`, [direction]: { stallAfter: at } };
    case "stall":
      return { name: `stall after ${at}`, up: { stallAfter: at }, down: { stallAfter: at } };
    case "slow": {
      const link = { bytesPerSecond: 400_000, delayMs: Math.floor(random() * 60) };
      const cut = random() < 0.5 ? { cutAfter: at } : {};
      return { name: `slow, ${JSON.stringify(cut)}`, up: link, down: { ...link, ...cut } };
    }
    case "processes": {
      const most = 1 + Math.floor(random() * 20);
      return { name: `${most} processes`, shell: fewProcesses(most) };
    }
    case "memory": {
      const memory = Math.floor(40 + random() * 160);
      return { name: `memory ${memory} MiB`, memory: memory << 20 };
    }
    case "heap": {
      const heap = Math.floor(4 + random() * 30);
      return { name: `heap ${heap} MiB`, heap };
    }
    case "tree":
      return { name: "a tree that changes", restless: true };
    case "signal": {
      const when = 300 + Math.floor(random() * 2500);
      const signal = choose<Deno.Signal>("SIGINT", "SIGTERM", "SIGHUP", "SIGPIPE");
      const second = random() < 0.5 ? [[when + Math.floor(random() * 200), signal] as const] : [];
      const down = { bytesPerSecond: 600_000 };
      return { name: `${signal} at ${when}`, signals: [[when, signal], ...second], down };
    }
    case "closed": {
      const shell = choose(
        "<&-",
        ">&-",
        "2>&-",
        ">&- 2>&-",
        "<&- >&- 2>&-",
        ">/dev/full",
        "2>/dev/full",
      );
      return { name: `descriptors ${shell}`, shell: `exec "$0" "$@" ${shell}` };
    }
    case "disk": {
      const disk = choose(
        "size=200k",
        "size=1m",
        "size=2m",
        "size=100m,nr_inodes=100",
        "size=100m,nr_inodes=3",
      );
      return { name: `disk ${disk}`, disk };
    }
  }
  const limit = choose("-n 40", "-n 32", "-f 1000", "-f 4000");
  return { name: `ulimit ${limit}`, shell: `ulimit ${limit}; exec "$0" "$@"` };
}

/**
 * Runs the program as an unprivileged user with a limit on processes and threads, from which root
 * is exempt. The user may still use root's files. Each trial has a user of its own.
 */
function fewProcesses(most: number): string {
  const user = 60_000 + crypto.getRandomValues(new Uint16Array(1))[0]!;
  const rights = "+dac_override,+dac_read_search,+fowner,+chown";
  return `exec setpriv --reuid ${user} --clear-groups --inh-caps=${rights} ` +
    `--ambient-caps=${rights} prlimit --nproc=${most} "$0" "$@"`;
}

interface Result {
  readonly code: number;
  readonly stderr: string;
  readonly hung: boolean;
}

async function run(
  program: string,
  folder: string,
  hosts: Record<string, string>,
  work: Work,
  spoilt: Spoiling,
): Promise<Result> {
  const { shell = 'exec "$0" "$@"', signals = [], memory, heap } = spoilt;
  using group = memory === undefined ? undefined : memoryGroup(memory);
  const flags = runFlags.map((flag) =>
    heap && flag.startsWith("--v8-flags=") ? `${flag},--max-old-space-size=${heap}` : flag
  );
  const child = new Deno.Command("sh", {
    args: ["-c", `${group?.join ?? ""}${shell}`, Deno.execPath(), ...flags, program, ...work.args],
    cwd: folder,
    env: {
      HOME: folder,
      DENO_DIR: `${folder}/deno`,
      ...hosts,
      BUILDKIT_PROGRESS: "plain",
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const kill = (signal: Deno.Signal) => {
    try {
      child.kill(signal);
    } catch {
      // The process has ended.
    }
  };
  let waited = false;
  const timers = [
    ...signals.map(([at, signal]) => setTimeout(() => kill(signal), at)),
    // An engine that answers is waited for longer, which stderr says; Ctrl-C ends that. With hardly
    // any heap V8 collects garbage all the time; SIGTERM ends that.
    setTimeout(() => {
      waited = true;
      kill(spoilt.atEngine ? "SIGINT" : heap ? "SIGTERM" : "SIGKILL");
    }, LATEST),
    setTimeout(() => kill("SIGKILL"), LATEST + 10_000),
  ];
  const { code, stderr } = await child.output();
  timers.forEach(clearTimeout);
  const text = new TextDecoder().decode(stderr);
  const obeyed = code === 130 && text.includes("it still answers, so fairlead keeps waiting") ||
    heap !== undefined && code !== 137;
  const hung = waited && !obeyed;
  return { code, stderr: text, hung };
}

/** Runs one build; throws when it ended wrongly. Returns whether it succeeded. */
async function trial(
  program: string,
  daemon: Buildkitd,
  work: Work,
  spoilt: Spoiling,
): Promise<boolean> {
  const folder = await Deno.makeTempDir({ dir: "/dev/shm", prefix: "fl-chaos-" });
  const out = `${folder}/out`;
  try {
    writeInputs(folder);
    Deno.mkdirSync(out);
    if (spoilt.disk) await check("mount", ["-t", "tmpfs", "-o", spoilt.disk, "tmpfs", out]);
    const link = { ...spoilt.up && { up: spoilt.up }, ...spoilt.down && { down: spoilt.down } };
    const { engine } = work;
    await using proxy = await startProxy({ to: daemon.address, ...spoilt.atEngine ? {} : link });
    await using loaded = engine &&
      await startProxy({ to: engine.address, ...spoilt.atEngine ? link : {} });
    const hosts = { BUILDKIT_HOST: proxy.address, DOCKER_HOST: loaded?.address ?? "unix:///no" };
    const stop = spoilt.restless ? disturb(`${folder}/ctx/f`) : () => {};
    const { code, stderr, hung } = await run(program, folder, hosts, work, spoilt).finally(stop);
    const about = `${work.name}, ${spoilt.name}${spoilt.atEngine ? " (engine)" : ""}: exit ${code}`;
    if (hung) throw new Error(`${about}: hung\n${stderr.slice(-2000)}`);
    try {
      const isKilled = (spoilt.memory ?? spoilt.heap) !== undefined && KILLED.includes(code);
      if (!spoilt.restless) neverHalf(work, folder);
      if (code === 0) await (spoilt.restless ? undefined : work.whole(folder));
      else if (!isKilled && !spoilt.name.startsWith("descriptors") && !/panicked/.test(stderr)) {
        clear(code, stderr);
      }
      if (!isKilled) deepEqual(entriesOf(folder).filter(isTemporary), [], "left behind");
    } catch (error) {
      throw new Error(`${about}: ${(error as Error).message}\n${stderr.slice(-2000)}`);
    }
    return code === 0;
  } finally {
    if (spoilt.disk) await check("umount", [out]);
    await removeFolder(folder);
  }
}

/** Without memory, the system (SIGKILL) or V8 (SIGILL, SIGTRAP, SIGABRT) ends the program. */
const KILLED = [132, 133, 134, 137];

/** Throws where a failure isn't clear: one error, no stack, no bug. A signal explains itself. */
function clear(code: number, stderr: string): void {
  if (/^\s+at \S+:\d+|is a bug/m.test(stderr)) throw new Error("the error is a stack or a bug");
  // 153 is SIGXFSZ: run from its source, Deno writes caches of its own beyond the limit.
  if ([129, 130, 141, 143, 153].includes(code)) return;
  if (stderr.includes("Deno could not start: unable to create worker threads")) return;
  const errors = stderr.split("\n").filter((line) => line.startsWith("ERROR: "));
  if (errors.length !== 1) throw new Error(`${errors.length} errors`);
}

/** Changes a folder until the result is called. */
function disturb(folder: string): () => void {
  let i = 0;
  const timer = setInterval(() => {
    const path = `${folder}/${1000 + i++ % FILES}`;
    try {
      if (i % 4 === 0) Deno.removeSync(path, { recursive: true });
      else if (i % 4 === 1) Deno.writeFileSync(path, new Uint8Array(i % 100_000));
      else if (i % 4 === 2) Deno.truncateSync(path, 1);
      else {
        Deno.removeSync(path, { recursive: true });
        Deno.mkdirSync(path);
      }
    } catch {
      // It is already something else.
    }
  }, 1);
  return () => clearInterval(timer);
}

function writeInputs(folder: string): void {
  Deno.mkdirSync(`${folder}/ctx/f`, { recursive: true });
  // The first line differs, so that each export is made anew.
  Deno.writeTextFileSync(
    `${folder}/ctx/Dockerfile`,
    `FROM scratch\nCOPY f /f\nLABEL n=${crypto.randomUUID()}\n`,
  );
  for (let i = 0; i < FILES; i++) {
    Deno.writeFileSync(`${folder}/ctx/f/${1000 + i}`, new Uint8Array(sizeOf(1000 + i)).fill(i));
  }
  Deno.writeTextFileSync(
    `${folder}/bake.hcl`,
    `group "default" { targets = ["one", "two"] }
target "one" {
  context = "ctx"
  output = ["type=local,dest=out/one"]
}
target "two" {
  context = "ctx"
  output = ["type=tar,dest=out/two.tar"]
}
`,
  );
}

/** An engine needs a containerd, and programs that are fetched. */
async function hasEngine(): Promise<boolean> {
  return await missing("containerd") === undefined && (await dockerEngine()).path !== undefined;
}

Deno.test(
  { name: "builds behind a link that fails, on full disks, with signals", ignore },
  async () => {
    const { seed, random } = chaos();
    const dist = await Deno.makeTempDir({ prefix: "fl-chaos-dist-" });
    const debug = `127.0.0.1:${freePort()}`;
    await using daemon = await startBuildkitd({ dir: "/dev/shm", args: [`--debugaddr=${debug}`] });
    await using engine = await hasEngine() ? await startDockerd() : undefined;
    let [held, refused] = [0, 0];
    const until = performance.now() + minutes * 60_000;
    const problems: string[] = [];
    let begun = 0;
    await bundleFolder(dist);
    const program = `${dist}/main.js`;
    const worker = async () => {
      while (begun < TRIALS || performance.now() < until) {
        begun++;
        const at = Math.floor(random() * (works.length + (engine ? 1 : 0)));
        const work = works[at] ?? loading(engine!);
        const atEngine = random() < 0.5 && work.engine !== undefined;
        const spoilt = { ...spoiling(random, minutes === 0), atEngine };
        await trial(program, daemon, work, spoilt).then(
          (succeeded) => succeeded ? held++ : refused++,
          (error) => problems.push(error.message),
        );
      }
    };
    await Promise.all(Array.from({ length: ABREAST }, worker));
    const counts = `held ${held}, refused ${refused}, lost or hung ${problems.length}`;
    // deno-lint-ignore no-console -- a run says what it tried
    console.log(`builds in chaos, seed ${seed}: ${counts}`);
    // An assertion would cut the text.
    if (problems.length > 0) throw new Error(problems.join("\n\n"));
    equal(await waitingSenders(debug), 0);
    // The daemon still serves.
    await trial(program, daemon, works[1]!, { name: "nothing" });
    await removeFolder(dist);
  },
);
