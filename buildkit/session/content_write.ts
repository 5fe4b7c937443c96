/**
 * Content.Write: one blob, in one call. Each message is an action, and is answered:
 *
 *     STAT {ref, total, expected} asks for the written bytes: none, because every write starts anew
 *     WRITE {offset, data} appends; at offset 0 it begins again, any other is OutOfRange COMMIT
 *     {total, expected} checks size and digest, and gives the blob its place
 *
 * The first message names `ref`, and mostly the expected size and digest. For an existing blob the
 * answer is AlreadyExists, which the daemon takes as success. An incomplete blob lies in `ingest/`,
 * by the digest of its ref, as in containerd's store, so that no reader takes it for a whole one.
 */
import { maybe } from "../../base/maybe.ts";
import { momentOf } from "../../base/go/time.ts";
import {
  ContentDefinition,
  WriteAction,
  WriteContentRequest,
  WriteContentResponse,
} from "../../proto/gen/content.ts";
import { decode, type ServerCall } from "../grpc/call.ts";
import { Code, RpcError } from "../grpc/status.ts";
import { blobPath, refuseLinks } from "./content.ts";
import { osReason } from "../../base/os_reason.ts";

type CreateHash = typeof import("node:crypto").createHash;
type Hash = ReturnType<CreateHash>;

/** Files of a store are for everyone to read and nobody to change: their name is their content. */
const BLOB_MODE = 0o444;

/** Bytes of answers that may wait for the daemon. */
const WAITING = 64 << 10;

/**
 * Serves one call.
 * @param folder of the store
 * @param writing the refs that are being written, of all stores; kept up to date
 */
export async function writeBlob(
  folder: string,
  call: ServerCall,
  writing: Set<string>,
): Promise<void> {
  // The web's own digest takes a blob as a whole only.
  const { createHash } = await import("node:crypto");
  let ingest: Ingest | undefined;
  let last: WriteContentResponse | undefined;
  try {
    await call.receive((bytes) => {
      const message = decode(WriteContentRequest, bytes, ContentDefinition.methods.write.name);
      refuseExisting(folder, message.expected);
      ingest ??= beginIngest(folder, message, { writing, createHash });
      last = ingest.act(message);
      call.send(WriteContentResponse.encode(last).finish());
      return call.drained(WAITING);
    });
    // containerd's server does the same; the daemon reads a last answer after it has half-closed.
    if (last) call.send(WriteContentResponse.encode(last).finish());
  } catch (error) {
    if (error instanceof RpcError) throw error;
    throw new Error(`cannot write to ${folder}: ${osReason(error)}`, { cause: error });
  } finally {
    ingest?.end();
  }
}

function refuseExisting(folder: string, expected: string): void {
  if (expected === "") return;
  const path = blobPath(folder, expected);
  refuseLinks(folder, path);
  if (maybe(() => Deno.statSync(path)) === undefined) return;
  throw new RpcError(Code.ALREADY_EXISTS, `content ${expected}: already exists`);
}

/** A blob that is being written. */
interface Ingest {
  act(message: WriteContentRequest): WriteContentResponse;
  /** Removes what was not committed. */
  end(): void;
}

function beginIngest(
  store: string,
  { ref, total, expected }: WriteContentRequest,
  { writing, createHash }: { writing: Set<string>; createHash: CreateHash },
): Ingest {
  if (ref === "") throw new RpcError(Code.INVALID_ARGUMENT, "the first message must have a ref");
  const folder = `${store}/ingest/${createHash("sha256").update(ref).digest("hex")}`;
  const path = `${folder}/data`;
  refuseLinks(store, path);
  const key = `${store}\n${ref}`;
  if (writing.has(key)) {
    throw new RpcError(Code.UNAVAILABLE, `ref ${ref} locked: it is being written`);
  }
  writing.add(key);
  let hash = createHash("sha256");
  const started = momentOf(Date.now());
  let file: Deno.FsFile | undefined;
  let offset = 0;

  function open(): Deno.FsFile {
    Deno.mkdirSync(folder, { recursive: true, mode: 0o755 });
    Deno.writeTextFileSync(`${folder}/ref`, ref);
    return Deno.openSync(path, { write: true, create: true, truncate: true });
  }

  function append(at: number, data: Uint8Array): void {
    file ??= open();
    if (at === 0 && offset > 0) {
      file.truncateSync(0);
      file.seekSync(0, Deno.SeekMode.Start);
      hash = createHash("sha256");
      offset = 0;
    }
    if (at !== offset) {
      throw new RpcError(
        Code.OUT_OF_RANGE,
        `${ref} has ${offset} bytes, so ${at} is not its end`,
      );
    }
    hash.update(data);
    // The write is synchronous, because the bytes are valid during this call only.
    for (let rest = data; rest.length > 0;) rest = rest.subarray(file.writeSync(rest));
    offset += data.length;
  }

  function commit(size: bigint, wanted: string): string {
    file ??= open();
    const digest = digestOf(hash);
    if (size > 0n && size !== BigInt(offset)) {
      throw new RpcError(Code.FAILED_PRECONDITION, `${ref} has ${offset} bytes, not ${size}`);
    }
    if (wanted !== "" && wanted !== digest) {
      throw new RpcError(
        Code.FAILED_PRECONDITION,
        `${ref} has the digest ${digest}, not ${wanted}`,
      );
    }
    const target = blobPath(store, digest);
    refuseLinks(store, target);
    Deno.mkdirSync(target.slice(0, target.lastIndexOf("/")), { recursive: true, mode: 0o755 });
    file.close();
    file = undefined;
    Deno.chmodSync(path, BLOB_MODE);
    Deno.renameSync(path, target);
    return digest;
  }

  return {
    act(message) {
      let digest = "";
      if (message.data.length > 0) append(Number(message.offset), message.data);
      if (message.action === WriteAction.COMMIT) {
        digest = commit(message.total || total, message.expected || expected);
      }
      return {
        action: message.action,
        startedAt: started,
        updatedAt: started,
        offset: BigInt(offset),
        total: message.total || total,
        digest: digest || digestOf(hash),
      };
    },
    end() {
      writing.delete(key);
      file?.close();
      // The folder is missing if nothing was written.
      maybe(() => Deno.removeSync(folder, { recursive: true }));
    },
  };
}

/** The digest of the bytes so far. */
function digestOf(hash: Hash): string {
  return `sha256:${hash.copy().digest("hex")}`;
}
