/**
 * One buildkitd with a registry and a base image for many tests: `scripts/test` starts it for the
 * whole run, and a test file run alone starts its own (about 2 s) that ends with the process.
 *
 * Call it at the top level of a test file, not in a test, for Deno's resource sanitizer. Tests that
 * prune, kill or look at disk usage need a daemon of their own: files run side by side.
 */
import { pushBaseImage } from "./base_image.ts";
import { startBuildkitd } from "./buildkitd.ts";
import { startRegistry } from "./registry.ts";
import { needsRoot, skip } from "./skip.ts";
import { missing } from "./tool.ts";

export interface Shared {
  /** buildkitd's `unix://…` */
  readonly address: string;
  /** buildkitd's `tcp://127.0.0.1:PORT`, plain */
  readonly tcp: string;
  /** The registry's `127.0.0.1:PORT`. It is docker.io's mirror, and anyone may push. */
  readonly registry: string;
  /** The base image by its full name; `FROM busybox` resolves to it, too. */
  readonly image: string;
}

const variable = "FAIRLEAD_TEST_SHARED";
let started: Promise<Shared> | undefined;

export function sharedBuildkitd(): Promise<Shared> {
  const given = Deno.env.get(variable);
  return started ??= given ? Promise.resolve(JSON.parse(given)) : startShared();
}

/** What the tests of a file have in common. */
export interface WithShared {
  /** True where the tests are skipped. */
  readonly ignore: boolean;
  /** The shared daemon; undefined where the tests are skipped. */
  readonly shared: Shared;
}

/**
 * The shared daemon for the tests of a file, or a skip of them all.
 * @param reason why they can't run, besides what the daemon itself needs
 */
export async function withShared(reason?: string): Promise<WithShared> {
  const cannot = needsRoot() ??
    await missing("buildkitd", "buildctl", "runc", "docker-registry", "busybox");
  const ignore = skip(cannot ?? reason);
  return { ignore, shared: ignore ? undefined! : await sharedBuildkitd() };
}

/** For the runner of all tests: the pair that goes into the environment of the test processes. */
export function sharedVariable(shared: Shared): Record<string, string> {
  return { [variable]: JSON.stringify(shared) };
}

export interface OwnedShared extends Shared {
  stop(): Promise<void>;
}

/** As `sharedBuildkitd`, but always a new one, which the caller stops. */
export async function startShared(): Promise<OwnedShared> {
  const registry = await startRegistry();
  try {
    const daemon = await startBuildkitd({ tcp: true, config: registry.config({ mirror: true }) });
    const stop = async () => {
      await Promise.all([daemon.stop(), registry.stop()]);
    };
    try {
      const image = await pushBaseImage(daemon.address, registry.host, ["library/alpine:latest"]);
      return { address: daemon.address, tcp: daemon.tcp, registry: registry.host, image, stop };
    } catch (error) {
      await stop();
      throw error;
    }
  } catch (error) {
    await registry.stop();
    throw error;
  }
}
