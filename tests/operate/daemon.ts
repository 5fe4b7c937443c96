/** A daemon of a test file's own, with some builds made on it by the peer. */
import { type Workspace, workspace } from "../build/workspace.ts";
import { startBuildkitd } from "../harness/buildkitd.ts";
import type { Gates } from "../harness/gates.ts";
import { onPath } from "../harness/tool.ts";

export interface Operated extends AsyncDisposable {
  readonly space: Workspace;
  readonly address: string;
  /** Builds a stage of the Dockerfile below with buildx; whether that went well. */
  build(stage: string, ...args: string[]): Promise<boolean>;
  /** Builds the stage `held`, whose step goes on, and ends with `CODE`, when the gate is open. */
  buildHeld(gate: Gates, ...args: string[]): Promise<boolean>;
}

/** One static program is all that the steps need, so no registry is. */
const dockerfile = `FROM scratch AS base
COPY busybox /busybox
FROM base AS fine
RUN ["/busybox", "sh", "-c", "echo 'made <it> & more' > /made; echo made"]
FROM base AS bad
RUN ["/busybox", "sh", "-c", "echo one; echo two >&2; exit 3"]
FROM base AS held
ARG GATE
ARG CODE=0
RUN ["/busybox", "sh", "-c", "echo held; /busybox wget -qO /ok $GATE; echo let go; exit $CODE"]
`;

/** The programs that these tests need, besides root. */
export const tools = ["buildkitd", "runc", "buildx", "busybox"] as const;

export async function operate(): Promise<Operated> {
  const daemon = await startBuildkitd();
  const space = await workspace(daemon.address);
  space.write({ "ctx/Dockerfile": dockerfile });
  await Deno.copyFile((await onPath("busybox"))!, space.path("ctx/busybox"));
  const build: Operated["build"] = async (stage, ...args) => {
    const { code } = await space.buildx(["build", "--target", stage, ...args, "ctx"]);
    return code === 0;
  };
  return {
    space,
    address: daemon.address,
    build,
    buildHeld: (gate, ...args) =>
      build("held", "--no-cache", "--build-arg", `GATE=${gate.url}/held`, ...args),
    async [Symbol.asyncDispose]() {
      await daemon.stop();
      await space[Symbol.asyncDispose]();
    },
  };
}
