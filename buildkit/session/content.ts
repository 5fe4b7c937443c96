/**
 * Content: blobs by digest in folders of this machine, which the daemon reads and writes. It serves
 * caches (`local:PATH`), images as build contexts (`oci:ID`) and outputs that are no tar
 * (`export`). `buildkit-attachable-store-id` in the request's metadata names the folder.
 *
 * A blob lies at `blobs/ALGORITHM/HEX`. It is read in ranges, in no order, several at once.
 * `content_write.ts` describes how a blob is written.
 */
import { maybe } from "../../base/maybe.ts";
import { momentOf } from "../../base/go/time.ts";
import {
  type AbortRequest,
  ContentDefinition as Content,
  type InfoResponse,
  ReadContentRequest,
} from "../../proto/gen/content.ts";
import {
  decode,
  type Handler,
  mapHandlers,
  pathOf,
  type ServerCall,
  type Service,
  unary,
} from "../grpc/call.ts";
import { first } from "../grpc/metadata.ts";
import { Code, RpcError } from "../grpc/status.ts";
import { osReason } from "../../base/os_reason.ts";
import { varint } from "../../proto/varint.ts";

const { info, read, status, write, abort } = Content.methods;

const STORE_ID = "buildkit-attachable-store-id";

/** Bytes of one answer of Read, and how many may wait for the daemon. */
const CHUNK = 256 << 10;
const WAITING = 1 << 20;

/**
 * Serves folders as stores.
 * @param stores folder, absolute, by store id
 * @param writable the ids of those that the daemon may write to: an image that a build only reads
 *   stays unchanged
 * @param relays the handlers of stores that are no folders, by store id
 */
export function content(
  stores: ReadonlyMap<string, string>,
  writable: ReadonlySet<string>,
  relays: ReadonlyMap<string, Handler> = new Map(),
): Service {
  return mapHandlers(
    folderContent(stores, writable),
    (handler) => (call) => (relays.get(first(call.metadata, STORE_ID) ?? "") ?? handler)(call),
  );
}

function folderContent(
  stores: ReadonlyMap<string, string>,
  writable: ReadonlySet<string>,
): Service {
  const folderOf = (call: ServerCall): string => {
    const id = first(call.metadata, STORE_ID);
    if (id === undefined) {
      throw new RpcError(Code.INVALID_ARGUMENT, "the request names no content store");
    }
    const folder = stores.get(id);
    if (folder === undefined) throw new RpcError(Code.NOT_FOUND, `unknown store ${id}`);
    return folder;
  };
  // Each ref has one writer: the daemon tries again after UNAVAILABLE.
  const writing = new Set<string>();
  return {
    [pathOf(Content, info)]: unary(
      info,
      ({ digest }, call) => blobInfo(folderOf(call), digest),
    ),
    [pathOf(Content, read)]: async (call) => await readBlob(folderOf(call), call),
    [pathOf(Content, write)]: async (call) => {
      const folder = folderOf(call);
      const id = first(call.metadata, STORE_ID)!;
      if (!writable.has(id)) throw new RpcError(Code.PERMISSION_DENIED, `store ${id} is only read`);
      const { writeBlob } = await import("./content_write.ts");
      await writeBlob(folder, call, writing);
    },
    // Every write starts from zero, so no earlier write can be continued or ended.
    [pathOf(Content, status)]: unary(status, ({ ref }, call) => {
      folderOf(call);
      throw new RpcError(Code.NOT_FOUND, `no write of ${ref} is under way: not found`);
    }),
    [pathOf(Content, abort)]: unary(abort, (_: AbortRequest, call) => {
      folderOf(call);
      return {};
    }),
  };
}

/** The path of a blob. Throws an RpcError for an invalid digest, which could lead elsewhere. */
export function blobPath(folder: string, digest: string): string {
  const match = /^([a-z0-9]+(?:[.+_-][a-z0-9]+)*):([0-9a-f]{32,})$/.exec(digest);
  if (!match) {
    throw new RpcError(Code.INVALID_ARGUMENT, `invalid digest ${JSON.stringify(digest)}`);
  }
  return `${folder}/blobs/${match[1]}/${match[2]}`;
}

/**
 * Throws FAILED_PRECONDITION when a part of a path below a store's folder is a link, because a link
 * in a hostile store could lead the daemon outside it. An absent path is accepted.
 */
export function refuseLinks(folder: string, path: string): void {
  for (let end = folder.length; end >= 0 && end < path.length;) {
    end = path.indexOf("/", end + 1);
    const part = end < 0 ? path : path.slice(0, end);
    // The following call reports the errors of this one.
    const isLink = maybe(() => Deno.lstatSync(part).isSymlink);
    if (isLink) throw new RpcError(Code.FAILED_PRECONDITION, `cannot use ${part}: it is a link`);
  }
}

async function blobInfo(folder: string, digest: string): Promise<InfoResponse> {
  const path = blobPath(folder, digest);
  refuseLinks(folder, path);
  const stat = await found(path, digest, Deno.stat(path));
  const at = stat.mtime?.getTime() ?? 0;
  const time = momentOf(at);
  return {
    info: { digest, size: BigInt(stat.size), createdAt: time, updatedAt: time, labels: {} },
  };
}

/** The result of `pending` on the blob at `path`; its error names the blob. */
async function found<T>(path: string, digest: string, pending: Promise<T>): Promise<T> {
  try {
    return await pending;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new RpcError(Code.NOT_FOUND, `content ${digest}: not found`);
    }
    throw new Error(`cannot read ${path}: ${osReason(error)}`, { cause: error });
  }
}

async function readBlob(folder: string, call: ServerCall): Promise<void> {
  let request: ReadContentRequest | undefined;
  await call.receive((message) => {
    request = decode(ReadContentRequest, message.slice(), read.name);
  });
  const digest = request?.digest ?? "";
  const path = blobPath(folder, digest);
  refuseLinks(folder, path);
  using file = await found(path, digest, Deno.open(path));
  const size = file.statSync().size;
  let at = Number(request!.offset);
  if (at < 0 || at > size) {
    throw new RpcError(Code.OUT_OF_RANGE, `cannot read ${digest} from ${at}: it has ${size} bytes`);
  }
  const asked = Number(request!.size);
  const end = asked > 0 ? Math.min(size, at + asked) : size;
  if (at > 0) file.seekSync(at, Deno.SeekMode.Start);
  while (at < end) {
    const chunk = new Uint8Array(Math.min(CHUNK, end - at));
    const n = await file.read(chunk);
    if (n === null) {
      throw new RpcError(Code.DATA_LOSS, `${digest} shrank to ${at} bytes while it was read`);
    }
    call.send(answerHead(at, n), chunk.subarray(0, n));
    at += n;
    await call.drained(WAITING);
  }
}

/** The bytes before the data in an answer of Read: field 1 is the offset, field 2 the data. */
function answerHead(offset: number, length: number): Uint8Array {
  return new Uint8Array([0x08, ...varint(offset), 0x12, ...varint(length)]);
}
