/**
 * Takes files from the folder that a transfer writes into, so that the daemon needn't send them.
 * The listing has no digests, and two contents may share size and time: with SOURCE_DATE_EPOCH, or
 * after a `COPY config.$ENV /config`. So size and time decide nothing.
 *
 * But a local exporter that is asked for provenance writes an in-toto statement into the result.
 * Its subjects are the result's files with their SHA-256 (`CreateFS`, BuildKit's
 * `exporter/local/fs.go`). The statement's name begins with a prefix that the client chose, by
 * which it is recognised. It is requested first, and isn't written.
 */
import { byteString, joinBytes } from "../../base/bytes.ts";
import { FsyncError, text } from "./errors.ts";
import type { Incoming } from "./incoming.ts";
import type { Dest } from "./os/dest.ts";
import { Mode, type Stat } from "./packet.ts";
import { splitPath } from "./paths.ts";

/** The most bytes of statements, which memory holds: those of 400,000 files. */
const LONGEST = 64 << 20;
const BUFFER = 256 * 1024;

/** A file of the folder, whose content is read while its digest is made. */
export interface Source extends Disposable {
  /** The next bytes, valid until the next call; undefined at the end, or after a failure. */
  next(): Uint8Array | undefined;
  /** After the end: whether the content is the file's. */
  isSame(): boolean;
}

/** Finds files that are there already. */
export interface Reuse {
  /** Whether an entry is a statement, which is to be requested, and not to be written. */
  claims(id: number, stat: Stat): boolean;
  /** Takes content of a statement; false for any other file. Empty data ends it. */
  take(id: number, data: Uint8Array): boolean;
  /** Whether all statements that were claimed have come. */
  isReady(): boolean;
  /** The file in the folder that may have the content; undefined for none. */
  find(file: Incoming): Source | undefined;
  /**
   * Attestations besides the statement, which a frontend of the user's may make: these are written.
   */
  others(): Iterable<{ readonly file: Incoming; readonly bytes: Uint8Array }>;
}

interface Statement {
  readonly stat: Stat;
  readonly chunks: Uint8Array[];
  isWhole: boolean;
}

/** @param prefix begins the names of the statements, and of no other file */
export async function makeReuse(dest: Dest, prefix: string): Promise<Reuse> {
  const { createHash } = await import("node:crypto");
  const statements = new Map<number, Statement>();
  const digests = new Map<string, string>();
  const buffer = new Uint8Array(BUFFER);
  let size = 0;

  const nameOf = ({ path }: Stat) => splitPath(byteString(path));

  const isOurs = (stat: Stat) => nameOf(stat).name.startsWith(`${prefix}provenance`);

  /** Files are requested without our statement. Any other one is a part of the result. */
  function dropContent({ stat, chunks }: Statement): void {
    if (!isOurs(stat)) throw new FsyncError("receive", text(stat.path), "it is too long");
    chunks.length = 0;
  }

  function finish(statement: Statement): void {
    statement.isWhole = true;
    if (!isOurs(statement.stat)) return;
    const { folder } = nameOf(statement.stat);
    for (const { name, digest } of subjectsOf(joinBytes(statement.chunks))) {
      digests.set(folder === "" ? name : `${folder}/${name}`, digest);
    }
    statement.chunks.length = 0;
  }

  return {
    claims(id, stat) {
      if ((stat.mode & Mode.type) !== 0 || !nameOf(stat).name.startsWith(prefix)) return false;
      statements.set(id, {
        stat: { ...stat, path: stat.path.slice() },
        chunks: [],
        isWhole: false,
      });
      return true;
    },
    take(id, data) {
      const statement = statements.get(id);
      if (statement === undefined || statement.isWhole) return false;
      size += data.length;
      if (data.length > 0 && size > LONGEST) dropContent(statement);
      else if (data.length > 0) statement.chunks.push(data.slice());
      else finish(statement);
      return true;
    },
    isReady: () => [...statements.values()].every(({ isWhole }) => isWhole),
    find({ path, stat }) {
      const wanted = digests.get(path);
      if (wanted === undefined) return undefined;
      const existing = dest.openExisting(path, stat.size);
      if (existing === undefined) return undefined;
      const hash = createHash("sha256");
      let left = stat.size;
      return {
        next() {
          const length = left > 0 ? existing.read(buffer) : 0;
          if (length <= 0 || length > left) return undefined;
          left -= length;
          const bytes = buffer.subarray(0, length);
          hash.update(bytes);
          return bytes;
        },
        isSame: () => left === 0 && hash.digest("hex") === wanted,
        [Symbol.dispose]: () => existing[Symbol.dispose](),
      };
    },
    *others() {
      for (const { stat, chunks } of statements.values()) {
        const { folder, name } = nameOf(stat);
        if (isOurs(stat)) continue;
        const own = name.slice(prefix.length);
        const path = folder === "" ? own : `${folder}/${own}`;
        yield { file: { path, stat }, bytes: joinBytes(chunks) };
      }
    },
  };
}

/** The subjects of a statement with their paths in bytes; none for a text that isn't one. */
function subjectsOf(statement: Uint8Array): { name: string; digest: string }[] {
  try {
    const { subject } = JSON.parse(text(statement)) as { subject?: unknown };
    if (!Array.isArray(subject)) return [];
    return subject.flatMap(({ name, digest }) => {
      const sha256 = digest?.sha256;
      // Go writes U+FFFD for bytes that are no UTF-8, so such a name may mean several files.
      if (typeof name !== "string" || typeof sha256 !== "string" || name.includes("\uFFFD")) {
        return [];
      }
      return { name: byteString(new TextEncoder().encode(name)), digest: sha256 };
    });
  } catch {
    return [];
  }
}
