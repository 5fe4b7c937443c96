/** Outputs whose bytes come over the session; loaded for a build that has one. */
import { receiveFolder } from "../../buildkit/fsync/receiver.ts";
import type { Service } from "../../buildkit/grpc/call.ts";
import { fileSend, type TreeOutput } from "../../buildkit/session/filesend.ts";
import { fileOutput } from "../../buildkit/session/output_file.ts";
import { pipeOutput } from "../../buildkit/session/output_pipe.ts";
import type { ByteOutput } from "../../buildkit/session/output_sink.ts";
import type { Deps } from "../../cli/deps.ts";
import type { Output } from "../spec/output.ts";
import { type EngineOutput, engineOutput } from "./engine.ts";
import type { JobContext } from "../running/job.ts";
import { openedPath } from "../../base/opened_path.ts";

/** Takes outputs, and finishes them. */
export interface Outputs {
  readonly service: Service;
  /** The build went well: they take their final names. */
  commit(): Promise<void>;
  /** It did not: nothing of them stays. */
  discard(): Promise<void>;
}

/** Makes ready to take those of a build's outputs that come to this side. */
export function openOutputs(
  all: readonly EngineOutput[],
  { deps, shared, spend }: Pick<JobContext, "deps" | "shared" | "spend">,
): Outputs {
  const outputs = new Map<number, ByteOutput | TreeOutput>();
  for (const [id, { target, loader, names }] of all.entries()) {
    const output = loader
      ? engineOutput(loader, names ?? [], shared.local)
      : localOutput(target, deps, () => spend("a part of its output has gone to stdout"));
    if (output) outputs.set(id, output);
  }
  const files = [...outputs.values()].filter((output) => "commit" in output);
  return {
    service: fileSend(
      outputs,
      (stream, dest, { mode }) => receiveFolder(stream, { dest, deleteOthers: mode === "delete" }),
    ),
    async commit() {
      for (const file of files) await file.commit();
    },
    async discard() {
      for (const file of files) await file.discard();
    },
  };
}

/** What takes an output that comes to this side; undefined for one that stays with the daemon. */
function localOutput(
  target: Output["target"],
  deps: Deps,
  onStdout: () => void,
): ByteOutput | TreeOutput | undefined {
  switch (target.to) {
    case "daemon":
    case "engine":
    case "containerd":
    case "layout":
      return undefined;
    case "file":
      return fileOutput(openedPath(target.path, deps.cwd));
    case "stdout":
      return pipeOutput(stdoutWriter(deps, onStdout));
    case "directory":
      return { directory: openedPath(target.path, deps.cwd), mode: target.mode };
  }
}

function stdoutWriter({ stdout }: Deps, onWrite: () => void) {
  return {
    async write(bytes: Uint8Array) {
      onWrite();
      await stdout.writeBytes(bytes);
      return bytes.length;
    },
  };
}
