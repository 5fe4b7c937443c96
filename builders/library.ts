/**
 * Builders for programs that use fairlead as a library, with defaults instead of a command line.
 */
import { connect } from "../buildkit/connect.ts";
import { dockerCredentials } from "../buildkit/session/logins/docker_config.ts";
import { pause } from "../base/async.ts";
import { isOn } from "../base/env_bool.ts";
import { transports } from "../transports/all.ts";
import { createRegistry } from "../transports/registry.ts";
import type { Env } from "../transports/transport.ts";
import { bootBuilder as bootNodes } from "./boot.ts";
import { type Builder, namedBuilder, openStore } from "./builder.ts";
import { BuilderError } from "./builder_error.ts";
import { createBuilder as store } from "./create.ts";
import { driverOf } from "./drivers/all.ts";
import type { Maker } from "./making/maker.ts";
import { parsePlatforms } from "./platforms.ts";
import { nodeTarget } from "./reach_node.ts";
import { dockerConfigDir } from "./store/config_dir.ts";
import type { StoredNode } from "./store/node_group.ts";
import { transaction } from "./store/transaction.ts";

/** The surroundings of a call; all parts are optional. */
export interface CallOptions {
  /** Ends the call, which then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /**
   * Reads a variable of the environment: `BUILDX_CONFIG` and `DOCKER_CONFIG` name the store of
   * builders, `DOCKER_HOST`, `CONTAINER_HOST` and `KUBECONFIG` the engine or the cluster. Default:
   * all variables.
   */
  readonly env?: (name: string) => string | undefined;
}

/** A builder to create. */
export interface NewBuilder {
  /** The builder's name. */
  readonly name: string;
  /** Which driver makes or reaches the daemons. */
  readonly driver: "docker-container" | "podman-container" | "kubernetes" | "remote";
  /**
   * The address of the daemon (`remote`), of the engine (`unix://…`, `ssh://…`), or a docker
   * context. Default: what the environment names. Absent for `kubernetes`.
   */
  readonly endpoint?: string;
  /** The driver options, as `--driver-opt` takes them: `{ image: "moby/buildkit:latest" }`. */
  readonly driverOptions?: Readonly<Record<string, string>>;
  /** The flags of buildkitd, as a shell would split them. */
  readonly buildkitdFlags?: string;
  /** The absolute path of buildkitd's configuration, which is copied. */
  readonly buildkitdConfig?: string;
  /** Fixed platforms of the node: `linux/arm64`. */
  readonly platforms?: readonly string[];
  /** Adds a node of this name to a builder that exists. */
  readonly node?: string;
}

/** A boot's options. */
export interface BootCallOptions extends CallOptions {
  /**
   * The limit on waiting for a daemon's answer, in milliseconds, without pulls; default: 20,000.
   */
  readonly timeout?: number;
  /** Receives lines on the progress: `creating container …`. */
  readonly onStep?: (line: string) => void;
}

/** A removal's options. */
export interface RemoveCallOptions extends CallOptions {
  /** Keeps the daemon's cache in its volume. */
  readonly keepState?: boolean;
  /** Only forgets the builder: its daemons go on. */
  readonly keepDaemon?: boolean;
}

/** The daemon of a node; `connect(endpoint, { tls })` reaches it. */
export interface Daemon {
  /** The node's name. */
  readonly node: string;
  /** An endpoint for `connect`. */
  readonly endpoint: string;
  /** The TLS options for `connect`. */
  readonly tls: {
    /** The file with the authorities. */
    readonly cacert?: string;
    /** The file with the client's certificate. */
    readonly cert?: string;
    /** The file with the client's key. */
    readonly key?: string;
    /** The name in the daemon's certificate. */
    readonly servername?: string;
  };
}

/**
 * Stores a builder, which buildx and fairlead then know, too. The daemons are made by
 * `bootBuilder`, or by the first build.
 *
 * @throws {BuilderError} what is wrong with the arguments; then nothing is stored
 */
export async function createBuilder(builder: NewBuilder, options: CallOptions = {}): Promise<void> {
  const { env, signal, registry } = surroundings(options);
  const { driverOptions = {}, node = "" } = builder;
  const request = {
    ...{ name: builder.name, driver: builder.driver, node, append: node !== "", use: false },
    endpoint: builder.endpoint ?? "",
    platforms: parsePlatforms(builder.platforms ?? []),
    driverOpts: Object.keys(driverOptions).length > 0 ? driverOptions : undefined,
    buildkitdFlags: builder.buildkitdFlags ?? "",
    buildkitdConfig: builder.buildkitdConfig ?? "",
    dryRun: false,
  };
  const { dir } = openStore(env);
  await transaction(dir, signal, (txn) => store(txn, request, { env, registry }));
}

/**
 * Starts the daemons of a builder, makes those that are missing, and waits until each daemon
 * answers.
 *
 * The library has no policies. Where `BUILDX_DEFAULT_POLICY=1` demands that BuildKit's own image be
 * verified, the call refuses to run that image, and the error says what can be done.
 *
 * @throws {BuilderError} why a daemon can't be made or doesn't answer
 * @throws {DialError} why a daemon, its engine or its cluster can't be reached
 */
export async function bootBuilder(name: string, options: BootCallOptions = {}): Promise<void> {
  const { env, signal, registry } = surroundings(options);
  const builder = namedBuilder(openStore(env), env, name);
  const say = options.onStep ?? (() => {});
  const told = new Set<string>();
  const once = (line: string) => {
    if (!told.has(line)) say(line);
    told.add(line);
  };
  await bootNodes(builder, {
    ...{ registry, connect, env, signal, log: () => {} },
    timeout: options.timeout ?? 20_000,
    sleep: pause,
    onWait: ({ node }) => say(`waiting for ${node.name}`),
    async boot(node) {
      const maker = await driverOf(builder).maker?.();
      await maker?.boot(node, {
        ...{ signal, env, log: () => {}, step: () => {} },
        steps: {
          progress: once,
          complete: () => {},
          log: (text) => text.trimEnd().split("\n").forEach(once),
        },
        verifyImage: isOn("BUILDX_DEFAULT_POLICY", env) ? refuseImage : undefined,
        credentials: dockerCredentials({
          ...{ directory: dockerConfigDir(env), env, signal },
          warn: say,
        }),
      });
      return maker !== undefined;
    },
  });
}

function refuseImage(): never {
  throw new Error(
    "the library verifies no images: boot the builder by 'fairlead inspect --bootstrap' first",
  );
}

/**
 * Stops the daemons of a builder; the next build or `bootBuilder` starts them again. Daemons of the
 * driver `remote` are left alone.
 *
 * @throws {BuilderError} for a builder that doesn't exist
 * @throws {DialError} why the engine or the cluster can't be reached
 */
export async function stopBuilder(name: string, options: CallOptions = {}): Promise<void> {
  await withMaker(name, options, (maker, node, context) => maker.stop(node, context));
}

/**
 * Removes the daemons of a builder, and the builder from the store.
 *
 * @throws {BuilderError} for a builder that doesn't exist, or for a container or Deployment that no
 *   builder has made; the builder is then still there
 * @throws {DialError} why the engine or the cluster can't be reached
 */
export async function removeBuilder(name: string, options: RemoveCallOptions = {}): Promise<void> {
  const { keepState = false, keepDaemon = false } = options;
  const { env, signal } = surroundings(options);
  if (!keepDaemon) {
    await withMaker(name, options, async (maker, node, context) => {
      await maker.stop(node, context);
      await maker.remove(node, { keepState }, context);
    });
  }
  await transaction(openStore(env).dir, signal, (txn) => txn.remove(name));
}

/**
 * The daemons of a builder's nodes. They need not run.
 *
 * @throws {BuilderError} for a builder that doesn't exist
 */
export function builderDaemons(name: string, options: CallOptions = {}): Daemon[] {
  const { env, registry } = surroundings(options);
  const builder = namedBuilder(openStore(env), env, name);
  return builder.nodes.map((node) => {
    const { endpoint, tls } = nodeTarget(builder, node, { registry, env });
    return { node: node.name, endpoint, tls };
  });
}

function surroundings({ signal, env }: CallOptions) {
  return {
    signal: signal ?? new AbortController().signal,
    env: env ?? ((name) => Deno.env.get(name)) as Env,
    registry: createRegistry(transports),
  };
}

type Work = (
  maker: Maker,
  node: StoredNode,
  context: Parameters<Maker["stop"]>[1],
) => Promise<unknown>;

async function withMaker(name: string, options: CallOptions, work: Work): Promise<void> {
  const { env, signal } = surroundings(options);
  const builder: Builder = namedBuilder(openStore(env), env, name);
  if (builder.origin !== "store") throw new BuilderError(`builder ${name} is not in the store`);
  const maker = await driverOf(builder).maker?.();
  if (maker === undefined) return;
  const context = { env, signal, log: () => {}, step: () => {} };
  for (const node of builder.nodes) await work(maker, node, context);
}
