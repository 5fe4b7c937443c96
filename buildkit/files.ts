/** The files of a build's result, or of a container's mount, as the gateway API shows them. */
import type { ReadFileRequest, ReadFileResponse } from "../proto/gen/gateway_types.ts";
import type {
  ReadDirRequest,
  ReadDirResponse,
  StatFileRequest,
  StatFileResponse,
} from "../proto/gen/gateway_containers_types.ts";
import type { Stat } from "../proto/gen/fsutil_types.ts";
import { Code, RpcError } from "./grpc/status.ts";

/**
 * A file system to look into. Paths begin at its root, `/etc/passwd`; links within it are followed.
 */
export interface Files {
  /**
   * The entries of a folder, in any order, each with its name as `path`.
   * @param pattern lists only the names that match it: `*.txt`
   */
  readDir(path: string, pattern?: string): Promise<Stat[]>;
  /** A file's properties. */
  stat(path: string): Promise<Stat>;
  /** A part of a file, by default all of it: at most 16 MiB, which is the longest message. */
  readFile(path: string, range?: FileRange): Promise<Uint8Array>;
}

/** A part of a file, in bytes. */
export interface FileRange {
  /** By default 0. */
  readonly offset?: number;
  /** By default all that follows. */
  readonly length?: number;
}

/** The calls that read files. They exist twice: for results, and for the mounts of containers. */
export interface FileCalls {
  readDir(request: Partial<ReadDirRequest>): Promise<ReadDirResponse>;
  statFile(request: Partial<StatFileRequest>): Promise<StatFileResponse>;
  readFile(request: Partial<ReadFileRequest>): Promise<ReadFileResponse>;
}

/**
 * The files of a result or of a container.
 * @param Ref the result's ref, or the container's ID
 * @param MountIndex the mount of a container; 0 for a result
 */
export function filesOf(calls: FileCalls, Ref: string, MountIndex = 0): Files {
  return {
    async readDir(DirPath, IncludePattern = "") {
      return (await calls.readDir({ Ref, DirPath, IncludePattern, MountIndex })).entries;
    },
    async stat(Path) {
      const { stat } = await calls.statFile({ Ref, Path, MountIndex });
      if (stat === undefined) throw new RpcError(Code.INTERNAL, `no answer about ${Path}`);
      return stat;
    },
    async readFile(FilePath, range) {
      const Range = range &&
        { Offset: BigInt(range.offset ?? 0), Length: BigInt(range.length ?? 0) };
      return (await calls.readFile({ Ref, FilePath, Range, MountIndex })).Data;
    },
  };
}
