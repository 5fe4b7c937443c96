/**
 * FileSync: the daemon reads the folders of a build (its context, its Dockerfile's).
 *
 * The metadata of a DiffCopy request names the folder and the wanted files; the messages are
 * fsutil's packets (`../fsync/packet.ts`). TarStream, the older way, is announced and refused, as
 * the peers do.
 */
import type { AddedFile } from "../fsync/os/added_file.ts";
import { sendFolder, type SendOptions } from "../fsync/sender.ts";
import type { Service } from "../grpc/call.ts";
import { all, first, type Metadata } from "../grpc/metadata.ts";
import { Code, RpcError } from "../grpc/status.ts";

/** The system calls and the listeners of a transfer. */
export interface FileSyncHooks extends Pick<SendOptions, "sys" | "onWarning" | "onProgress"> {
  /** The content of a file that a folder lacks, for a daemon that asks for that path by name. */
  readonly added?: (path: string) => Uint8Array | undefined;
}

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
      const { added, ...others } = hooks(mount);
      const followPaths = patterns(call.metadata, "followpaths");
      const file = added && addedFile(followPaths, added);
      await sendFolder(call, {
        root,
        includes: patterns(call.metadata, "include-patterns"),
        excludes: patterns(call.metadata, "exclude-patterns"),
        followPaths,
        ...file && { added: file },
        ...others,
      });
    },
    "/moby.filesync.v1.FileSync/TarStream": () =>
      Promise.reject(new RpcError(Code.UNIMPLEMENTED, "files are sent by DiffCopy only")),
  };
}

function addedFile(
  names: readonly string[],
  contentOf: (name: string) => Uint8Array | undefined,
): AddedFile | undefined {
  for (const name of names) {
    const content = name.includes("/") ? undefined : contentOf(name);
    if (content !== undefined) return { name, content };
  }
  return undefined;
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
