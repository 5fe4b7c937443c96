/** The files of a step, built if need be; of a failed program, the files as it left them. */
import type { Container } from "../buildkit/container.ts";
import type { Files } from "../buildkit/files.ts";
import type { Gateway } from "../buildkit/gateway.ts";
import type { ChosenStep } from "./choose_step.ts";
import { rootOutput } from "./definition.ts";
import { type FailedStep, failedStepOf } from "./failed_step.ts";
import { refOfInput } from "./results.ts";

/** Capabilities of the daemon that looking into a build needs. */
export const capability = {
  exec: "gateway.exec",
  containerFiles: "gateway.exec.filesystem",
  secretEnv: "gateway.exec.secretenv",
  signals: "gateway.exec.signals",
  evaluateSolve: "gateway.solve.evaluate",
} as const;

/** The files of a step. */
export interface StepFiles extends AsyncDisposable {
  readonly files: Files;
  /** The step failed, and these are the files that it left. */
  readonly failed: boolean;
}

/**
 * Builds a step. Rejects with the daemon's error, unless the step itself failed and left files.
 * @param note called with a line for the user
 */
export async function filesOfStep(
  gateway: Gateway,
  { of, step }: ChosenStep,
  note: (line: string) => void,
): Promise<StepFiles> {
  const input = step === undefined
    ? of.definition.head
    : { digest: step.digest, index: rootOutput(step.op) };
  try {
    const ref = await refOfInput(gateway, of, input, { build: "two calls" });
    return { files: gateway.files(ref), failed: false, async [Symbol.asyncDispose]() {} };
  } catch (error) {
    const failed = failedStepOf(error, of.definition);
    if (failed?.step.digest !== input.digest || !failed.step.op.exec) throw error;
    if (!(await gateway.capabilities()).has(capability.containerFiles)) {
      note("WARNING: the builder is too old to show the files that a failed step left");
      throw error;
    }
    note("WARNING: the step failed: these are the files that it left");
    const container = await containerOfFailure(gateway, failed);
    const root = failed.step.op.exec.mounts.findIndex(({ dest }) => dest === "/");
    return {
      files: container.files(root),
      failed: true,
      [Symbol.asyncDispose]: () => container.release(),
    };
  }
}

/**
 * A container with the mounts of a failed program. Throws an Error if the failure came before the
 * mounts were there.
 * @param initial the mounts as they were before the program ran
 */
export async function containerOfFailure(
  gateway: Gateway,
  { step, mountIds, inputIds }: FailedStep,
  { initial = false, more = [] }: {
    readonly initial?: boolean;
    readonly more?: Parameters<Gateway["newContainer"]>[0]["mounts"];
  } = {},
): Promise<Container> {
  const { exec, platform } = step.op;
  if (exec === undefined) throw new Error(`${step.name} runs no program, so it has no container`);
  const ids = initial ? inputIds : mountIds;
  if (ids.length < exec.mounts.length) {
    throw new Error(
      "cannot start debug container: failing step has no mount results available " +
        `(got ${ids.length} of ${exec.mounts.length})`,
    );
  }
  const mounts = exec.mounts.map((mount, i) => ({ ...mount, resultID: ids[i]! }));
  return await gateway.newContainer({
    mounts: [...mounts, ...more],
    network: exec.network,
    platform,
    extraHosts: exec.meta?.extraHosts ?? [],
    hostname: exec.meta?.hostname ?? "",
  });
}
