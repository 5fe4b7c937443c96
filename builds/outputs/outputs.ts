/** Outputs whose bytes come over the session; loaded for a build that has one. */
import { receiveFolder } from "../../buildkit/fsync/receiver.ts";
import type { Client } from "../../buildkit/client.ts";
import { readBlob } from "../../buildkit/content.ts";
import type { Service } from "../../buildkit/grpc/call.ts";
import { fileSend, type TreeOutput } from "../../buildkit/session/filesend.ts";
import { fileOutput } from "../../buildkit/session/output_file.ts";
import { pipeOutput } from "../../buildkit/session/output_pipe.ts";
import type { ByteOutput } from "../../buildkit/session/output_sink.ts";
import type { Deps } from "../../cli/deps.ts";
import type { Output } from "../spec/output.ts";
import { type EngineOutput, engineOutput } from "./engine.ts";
import type { DaemonContent } from "../../images/load/parts/image.ts";
import type { JobContext } from "../running/job.ts";
import { openedPath } from "../../base/opened_path.ts";

/** Receives outputs, and finishes them. */
export interface Outputs {
  readonly service: Service;
  /** After a good build: outputs take their final names. */
  commit(): Promise<void>;
  /** After a failed build: nothing of the outputs stays. */
  discard(): Promise<void>;
}

/**
 * Prepares to receive those outputs of a build that come to this side.
 * @param client asks the build's daemon
 */
export function openOutputs(
  all: readonly EngineOutput[],
  context: Pick<
    JobContext,
    "deps" | "shared" | "idle" | "progress" | "imageSizes" | "markNotRepeatable"
  >,
  client: Client,
): Outputs {
  const { deps, shared, idle, markNotRepeatable } = context;
  const content: DaemonContent = {
    read(digest, onChunk) {
      const take = (bytes: Uint8Array) => {
        idle?.touch();
        return onChunk(bytes);
      };
      return readBlob(client, digest, take, { signal: deps.signal });
    },
  };
  // A tar that waits takes half of the session's window, so only one may.
  const isOnly = all.filter(({ loader }) => loader !== undefined).length === 1;
  const outputs = new Map<number, ByteOutput | TreeOutput>();
  for (const [id, { target, loader, names }] of all.entries()) {
    const output = loader
      ? engineOutput(loader, names ?? [], shared.local, isOnly ? content : undefined)
      : localOutput(
        target,
        deps,
        () => markNotRepeatable("a part of its output is already on stdout"),
      );
    if (output) {
      outputs.set(id, "open" in output ? counted(output, client, context) : output);
    }
  }
  const files = [...outputs.values()].filter((output) => "commit" in output);
  return {
    service: fileSend(
      outputs,
      (stream, dest, { mode, statementPrefix }) =>
        receiveFolder(stream, {
          dest,
          deleteOthers: mode === "delete",
          ...statementPrefix && { statementPrefix },
        }),
    ),
    async commit() {
      for (const file of files) await file.commit();
    },
    async discard() {
      for (const file of files) await file.discard();
    },
  };
}

/**
 * Counts the bytes of an archive for the display. On a terminal, the daemon is asked for the total.
 */
function counted(
  output: ByteOutput,
  client: Client,
  { deps, progress, imageSizes }: Pick<JobContext, "deps" | "progress" | "imageSizes">,
): ByteOutput {
  return {
    ...output,
    async open(metadata) {
      const sink = await output.open(metadata);
      const show = progress.download();
      let bytes = 0;
      let total: number | undefined;
      const digest = metadata["containerimage.digest"];
      if (imageSizes && digest !== undefined) {
        const { imageSize } = await import("../results/image_size.ts");
        imageSize(client, digest, deps.signal).then((size) => total = size, () => {});
      }
      return {
        ...sink,
        write(chunk) {
          show(bytes += chunk.length, total);
          return sink.write(chunk);
        },
      };
    },
  };
}

/**
 * The receiver of an output that comes to this side; undefined for one that stays with the daemon.
 */
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
      return pipeOutput(async (bytes) => {
        onStdout();
        await deps.stdout.writeBytes(bytes);
        return bytes.length;
      });
    case "directory":
      return { ...target, directory: openedPath(target.path, deps.cwd) };
  }
}
