/**
 * A self-extracting binary, from its beginning to its end, each part in whole blocks:
 *
 *     head       a shell script, which ends by `exec`
 *     unpacker   the program of `unpack.ts`
 *     program    a line of JSON (`Manifest`), then the files that it lists
 *     libraries  for Linux: glibc's loader, glibc and libgcc, a part each
 *     Deno       as it is, to the end of the file
 */

/** The block size in bytes; each part except the last is padded to a multiple. */
export const BLOCK = 65_536;

/** The first line of the program's part. */
export interface Manifest {
  /** Paths and sizes in bytes, in the order in which their contents follow. */
  readonly files: readonly (readonly [path: string, size: number])[];
  /** Names and sizes of the libraries, because their parts are padded. */
  readonly libraries: readonly (readonly [name: string, size: number])[];
}

/** The placeholder in the head for the name of the folder, which contains a hash of the head. */
export const NAME_MARK = "@NAME@";
