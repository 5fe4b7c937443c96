/** The engines that `--load` is tested with, alike. */
import { deepEqual, equal } from "node:assert/strict";
import type { Workspace } from "../build/workspace.ts";
import { succeeds } from "../harness/ended.ts";
import { startContainerd } from "../harness/containerd.ts";
import { type DockerdOptions, dockerEngine, startDockerd } from "../harness/dockerd.ts";
import { startPodman } from "../harness/podman.ts";
import { type Proxy, startProxy } from "../harness/proxy.ts";
import { check } from "../harness/run.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";
import { randomBytes } from "../harness/random.ts";

export const reason = needsRoot() ??
  await missing("buildkitd", "buildctl", "buildx", "runc", "busybox", "docker-registry");

export const MIB = 1 << 20;
/** The size of a layer that is worth leaving out. */
export const BIG = 9 * MIB;

/** An engine with its own program. */
export interface Engine extends AsyncDisposable {
  readonly address: string;
  /** The image's ID in the engine; empty for none. */
  idOf(name: string): Promise<string>;
  save(name: string, file: string): Promise<void>;
  /** Removes a name, and the image if it has no other. */
  remove(name: string): Promise<void>;
  /** The IDs of all images, also of those without a name. */
  all(): Promise<string[]>;
  /** Removes all images, also those without a name, and checks that nothing is left. */
  clear(): Promise<void>;
}

/** The commands that docker and podman share. */
function engineOf(
  daemon: AsyncDisposable & { readonly address: string },
  run: (...args: string[]) => Promise<{ stdout: string }>,
): Engine {
  const ids = async (...args: string[]) =>
    [...new Set((await run("images", "-q", "--no-trunc", ...args)).stdout.split("\n"))]
      .filter((id) => id);
  return {
    address: daemon.address,
    idOf: async (name) => (await ids(name)).join(),
    save: async (name, file) => void await run("save", "--output", file, name),
    remove: async (name) => void await run("rmi", "--force", name),
    all: () => ids("-a"),
    async clear() {
      for (const id of await ids("-a")) await run("rmi", "--force", id).catch(() => {});
      deepEqual(await ids("-a"), []);
    },
    [Symbol.asyncDispose]: () => daemon[Symbol.asyncDispose](),
  };
}

async function containerd(): Promise<Engine> {
  const daemon = await startContainerd();
  const ctr = async (...args: string[]) => (await daemon.ctr("default", ...args)).stdout;
  const fullName = (name: string) =>
    `docker.io/${name.includes("/") ? "" : "library/"}${name}${
      name.includes(":") ? "" : ":latest"
    }`;
  const images = async () => (await ctr("images", "ls")).split("\n").slice(1);
  return {
    address: `unix://${daemon.socket}`,
    async idOf(name) {
      const line = (await images()).find((line) => line.startsWith(`${fullName(name)} `));
      return line?.split(/ +/)[2] ?? "";
    },
    save: async (name, file) => void await ctr("images", "export", file, fullName(name)),
    remove: async (name) => void await ctr("images", "rm", "--sync", fullName(name)),
    all: async () => (await images()).flatMap((line) => line.split(/ +/)[2] ?? []),
    async clear() {
      const names = (await ctr("images", "ls", "-q")).split("\n").filter((name) => name);
      if (names.length > 0) await ctr("images", "rm", "--sync", ...names);
      equal(await ctr("content", "ls", "-q"), "");
    },
    [Symbol.asyncDispose]: () => daemon[Symbol.asyncDispose](),
  };
}

export interface Kind {
  readonly name: string;
  readonly ignore: boolean;
  /** The value of `load`. */
  readonly program: "docker" | "podman" | "containerd";
  /** Images are known by their manifest's digest, and may be an index. */
  readonly indexes?: true;
  start(): Promise<Engine>;
}

const ofDocker = async (name: string, options: DockerdOptions): Promise<Kind> => ({
  name,
  program: "docker",
  // Debian's unstable branch is not there on every day.
  ignore: skip(reason ?? (await dockerEngine(options.engine)).reason, {
    optional: options.engine === "sid",
  }),
  async start() {
    const daemon = await startDockerd(options);
    return engineOf(daemon, daemon.docker);
  },
});

/** All engines; containerd itself is the last. */
export const kinds: readonly Kind[] = [
  await ofDocker("docker 20.10", { engine: "bookworm" }),
  await ofDocker("docker 26.1", { engine: "trixie" }),
  await ofDocker("docker 28.5", { engine: "sid", store: "graph" }),
  {
    ...await ofDocker("docker 28.5 with its containerd store", { engine: "sid" }),
    indexes: true,
  },
  {
    name: "podman",
    program: "podman",
    ignore: skip(reason ?? await missing("podman")),
    async start() {
      const daemon = await startPodman();
      return engineOf(daemon, daemon.podman);
    },
  },
  {
    name: "containerd",
    program: "containerd",
    indexes: true,
    ignore: skip(reason ?? await missing("containerd")),
    start: containerd,
  },
];

/** A proxy before an engine, whose bytes up are those that a load sends. */
export function proxyOf(
  { program }: Kind,
  engine: Engine,
  hear: (bytes: Uint8Array) => void = () => {},
): Promise<Proxy> {
  const listen = program === "containerd" ? "unix" : "tcp";
  return startProxy({ to: engine.address, listen, hear });
}

export interface Loaded {
  readonly stderr: string;
  /** Bytes that went to the engine. */
  readonly sent: number;
}

/** Builds `ctx`, and loads the image. */
export async function load(
  { program }: Kind,
  space: Workspace,
  proxy: Proxy,
  ...args: string[]
): Promise<Loaded> {
  const before = proxy.bytes.up;
  const { address } = proxy;
  const [output, env]: [string, Record<string, string>] = {
    docker: ["type=docker", { DOCKER_HOST: address }],
    podman: ["type=docker,load=podman", { CONTAINER_HOST: address }],
    containerd: ["type=docker,load=containerd", {
      CONTAINERD_ADDRESS: address.slice("unix://".length),
    }],
  }[program] as [string, Record<string, string>];
  const { stderr } = await succeeds(space.inside(
    ["build", "--progress=plain", ...outputWords(output, args), "ctx"],
    env,
  ));
  return { stderr, sent: proxy.bytes.up - before };
}

/**
 * The words of a build with an output. Those of the form `--attrs=KEY=VALUE` become attributes of
 * the output. There are no attestations, unless the words ask for some.
 */
export function outputWords(output: string, words: readonly string[]): string[] {
  const ATTRS = "--attrs=";
  const [attrs, rest] = [true, false].map((own) =>
    words.filter((word) => word.startsWith(ATTRS) === own)
  ) as [string[], string[]];
  const asks = words.some((word) => /^--(provenance|sbom|attest)/.test(word));
  return [
    `--output=${[output, ...attrs.map((word) => word.slice(ATTRS.length))]}`,
    ...asks ? [] : ["--provenance=false"],
    ...rest,
  ];
}

/** The files in an image's layers, by the engine's own `save`, from the lowest layer. */
export async function savedFiles(
  engine: Engine,
  space: Workspace,
  name: string,
): Promise<string[]> {
  const folder = space.path("saved");
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  Deno.mkdirSync(folder);
  await engine.save(name, `${folder}/tar`);
  await check("tar", ["-xf", `${folder}/tar`, "-C", folder]);
  const [{ Layers }] = JSON.parse(space.read("saved/manifest.json"));
  const found: string[] = [];
  for (const layer of Layers) {
    const { stdout } = await check("tar", ["-tf", `${folder}/${layer}`]);
    found.push(...stdout.trim().split("\n").filter((file) => file));
  }
  return found;
}

export function writeBig(space: Workspace, name: string, size = BIG): void {
  Deno.mkdirSync(space.path("ctx"), { recursive: true });
  Deno.writeFileSync(space.path(`ctx/${name}`), randomBytes(size));
}
