import { isDown } from "../builders/boot.ts";
import type { Builder } from "../builders/builder.ts";
import { driverOf } from "../builders/drivers/all.ts";
import type { VerifyImage } from "../builders/making/maker.ts";
import type { StoredNode } from "../builders/store/node_group.ts";
import { logins } from "../cli/builders/logins.ts";
import type { Deps } from "../cli/deps.ts";
import type { LocalVertexes } from "./local.ts";

/** A progress that a boot is shown in. */
export interface BootProgress {
  readonly local: LocalVertexes;
  /** Shows a warning. */
  note(line: string): void;
}

/**
 * Boots a node's daemon by its driver, as a step. Throws as `Maker.boot`; false for other drivers.
 * @param verifyImage see `MakeContext`
 */
export async function bootNode(
  builder: Builder,
  node: StoredNode,
  deps: Pick<Deps, "env" | "signal">,
  progress: BootProgress,
  verifyImage: VerifyImage | undefined,
): Promise<boolean> {
  const maker = await driverOf(builder).maker?.();
  if (maker === undefined) return false;
  const vertex = progress.local.start("[internal] booting buildkit");
  const warn = (line: string) => progress.note(`WARNING: ${line}`);
  try {
    await maker.boot(node, {
      signal: deps.signal,
      env: deps.env,
      log: () => {},
      step: () => {},
      steps: vertex,
      credentials: logins(deps, warn),
      verifyImage,
    });
    vertex.done();
    return true;
  } catch (error) {
    vertex.fail(error);
    throw error;
  }
}

/** Opens a connection. A daemon that is down is booted first, if its driver can: see `isDown`. */
export async function openBooted<T>(
  open: () => Promise<T>,
  boot: () => Promise<boolean>,
): Promise<T> {
  try {
    return await open();
  } catch (error) {
    if (!isDown(error) || !await boot()) throw error;
    return await open();
  }
}
