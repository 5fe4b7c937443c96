/**
 * FileSend: the daemon sends the results of a build.
 *
 * `buildkit-attachable-exporter-id` in the request's metadata is the output's index in the
 * request's list of exporters. Daemons that know only one exporter leave it out. An output of bytes
 * (tar, oci, docker) comes as BytesMessages (field 1: data) until the daemon half-closes and waits
 * for the status. An output of files (local) comes as fsutil's packets, by several calls at once
 * when there are several platforms.
 */
import type { Handler, ServerCall, Service } from "../grpc/call.ts";
import { first, type Metadata } from "../grpc/metadata.ts";
import { Code, RpcError } from "../grpc/status.ts";
import type { ByteOutput } from "./output_sink.ts";
import { bytesOf } from "./tunnel.ts";

/** Files into a folder. With `delete` the folder then contains only the received files. */
export interface TreeOutput {
  /** Absolute; made when it is not there. */
  readonly directory: string;
  /** `copy` keeps earlier files, `delete` removes them. */
  readonly mode: "copy" | "delete";
  /** The beginning of the names of statements with the files' digests, if they were asked for. */
  readonly statementPrefix?: string;
}

/** Receives a tree of files into a folder, which it makes when it isn't there. */
export type ReceiveTree = (
  stream: ServerCall,
  directory: string,
  options: Pick<TreeOutput, "mode" | "statementPrefix">,
) => Promise<void>;

/**
 * Serves the outputs that come to this side.
 * @param outputs by id: the index of the exporter in the request. Those that stay with the daemon
 *   are absent
 */
export function fileSend(
  outputs: ReadonlyMap<number, ByteOutput | TreeOutput>,
  receiveTree: ReceiveTree,
): Service {
  const diffCopy: Handler = async (call) => {
    const id = idOf(call.metadata);
    const output = outputs.get(id);
    if (!output) throw new RpcError(Code.NOT_FOUND, `exporter ${id} not found`);
    if ("directory" in output) {
      refuseOldDaemon(output, call.metadata);
      await receiveTree(call, output.directory, output);
    } else await receiveBytes(call, output);
  };
  return { "/moby.filesync.v1.FileSend/DiffCopy": diffCopy };
}

/** Anything but a number counts as 0, as with the peers. */
function idOf(metadata: Metadata): number {
  const text = first(metadata, "buildkit-attachable-exporter-id") ?? "";
  return /^\d+$/.test(text) ? Number(text) : 0;
}

/** An old daemon sends one platform a call, and each call would delete the files of the others. */
function refuseOldDaemon(output: TreeOutput, metadata: Metadata): void {
  if (output.mode !== "delete") return;
  if (first(metadata, "buildkit-exporter-multi-platform") === "1") return;
  throw new RpcError(
    Code.FAILED_PRECONDITION,
    "local exporter mode=delete requires a BuildKit daemon with multi-platform local export support",
  );
}

async function receiveBytes(call: ServerCall, output: ByteOutput): Promise<void> {
  const sink = await output.open(exporterMetadata(call.metadata));
  try {
    await call.receive((message) => sink.write(bytesOf(message)));
    await sink.close();
  } catch (error) {
    await sink.abort(error);
    throw error;
  }
}

/** The exporter's answers so far come as `exporter-md-NAME`. */
function exporterMetadata(metadata: Metadata): Record<string, string> {
  const prefix = "exporter-md-";
  const found: Record<string, string> = {};
  for (const [name, value] of metadata) {
    if (!name.startsWith(prefix)) continue;
    const key = name.slice(prefix.length);
    found[key] = Object.hasOwn(found, key) ? `${found[key]},${value}` : value;
  }
  return found;
}
