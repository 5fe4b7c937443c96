/**
 * Upload: a build context that comes as one stream of bytes. The frontend gets a URL with the host
 * `buildkit-session`. The daemon requests it from the session by Pull, with the path in `urlpath`,
 * and receives the bytes as BytesMessages (field 1: data) of at most 3 MiB. A pipe can be read only
 * once, so its URL is served once.
 */
import { abortable } from "../../base/async.ts";
import type { Service } from "../grpc/call.ts";
import { first } from "../grpc/metadata.ts";
import { Code, RpcError } from "../grpc/status.ts";
import { newId } from "../../base/identity.ts";
import { bytesMessageHead } from "./tunnel.ts";

/** Reads up to `into.length` bytes; null at the end. */
interface Reader {
  read(into: Uint8Array): Promise<number | null>;
}

/** Read at once at most, and what may wait for the daemon; in bytes. */
const CHUNK = 256 << 10;
const WAITING = 1 << 20;
/** A buffer's rest of fewer bytes isn't used. A pipe gives at most 64 KiB at once. */
const SCRAP = 16 << 10;

/**
 * Serves the reader that `open` returns at each call of the daemon; it is read no faster than the
 * daemon receives.
 * @param open returns undefined when nothing is left to send
 */
export function upload(
  open: () => Reader & Partial<Disposable> | undefined,
): { readonly url: string; readonly service: Service } {
  const id = newId();
  const service: Service = {
    "/moby.upload.v1.Upload/Pull": async (call) => {
      const path = first(call.metadata, "urlpath") ?? "";
      const asked = path.slice(path.lastIndexOf("/") + 1);
      const source = asked === id ? open() : undefined;
      if (source === undefined) {
        throw new RpcError(Code.UNKNOWN, `no http response from session for ${asked}`);
      }
      try {
        for (let buffer = new Uint8Array(CHUNK);;) {
          // A read may wait for ever, for a user, or for a program that itself waits for this one.
          const n = await abortable(source.read(buffer), call.signal);
          if (n === null) return;
          call.send(bytesMessageHead(n), buffer.subarray(0, n));
          buffer = buffer.length - n < SCRAP ? new Uint8Array(CHUNK) : buffer.subarray(n);
          await call.drained(WAITING);
        }
      } finally {
        source[Symbol.dispose]?.();
      }
    },
  };
  return { url: `http://buildkit-session/${id}`, service };
}
