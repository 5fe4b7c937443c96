/**
 * FileSync: the daemon reads the folders of a build (its context, its Dockerfile's).
 *
 * The metadata of a DiffCopy request names the folder and the wanted files; the messages are
 * fsutil's packets (`../fsync/packet.ts`). TarStream, the older way, is announced and refused, as
 * the peers do.
 */
import { sendFolder, type SendOptions } from "../fsync/sender.ts";
import type { Service } from "../grpc/call.ts";
import { all, first, type Metadata } from "../grpc/metadata.ts";
import { Code, RpcError } from "../grpc/status.ts";

/** The system calls and the listeners of a transfer. */
export type FileSyncHooks = Pick<SendOptions, "sys" | "onWarning" | "onProgress">;

/**
 * Serves local folders.
 * @param mounts folder by mount name (`context`, `dockerfile`)
 * @param hooks the options and observers of each transfer; by default none
 */
export function fileSync(
  mounts: ReadonlyMap<string, string>,
  hooks: (mount: string) => FileSyncHooks = () => ({}),
): Service {
  return {
    "/moby.filesync.v1.FileSync/DiffCopy": async (call) => {
      const mount = first(call.metadata, "dir-name") ?? "";
      const root = mounts.get(mount);
      if (root === undefined) {
        throw new RpcError(Code.NOT_FOUND, `no access allowed to dir ${JSON.stringify(mount)}`);
      }
      await sendFolder(call, {
        root,
        includes: patterns(call.metadata, "include-patterns"),
        excludes: patterns(call.metadata, "exclude-patterns"),
        followPaths: patterns(call.metadata, "followpaths"),
        ...hooks(mount),
      });
    },
    "/moby.filesync.v1.FileSync/TarStream": () =>
      Promise.reject(new RpcError(Code.UNIMPLEMENTED, "files are sent by DiffCopy only")),
  };
}

/** The values of a key. When one is not ASCII the daemon escapes them all, as in a URL's query. */
function patterns(metadata: Metadata, key: string): string[] {
  const values = all(metadata, key);
  if (first(metadata, `${key}-encoded`) !== "1") return values;
  return values.map((value) => {
    try {
      return decodeURIComponent(value.replaceAll("+", "%20"));
    } catch {
      throw new RpcError(Code.INVALID_ARGUMENT, `cannot decode ${key} ${JSON.stringify(value)}`);
    }
  });
}
