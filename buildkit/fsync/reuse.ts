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
import { maybe } from "../../base/maybe.ts";
import { FsyncError, text } from "./errors.ts";
import { type Held, OBJECT } from "./held.ts";
import type { Incoming } from "./incoming.ts";
import type { Dest } from "./os/dest.ts";
import { Mode, type Stat } from "./packet.ts";
import { copyStat } from "./packet_reader.ts";
import { bytesOf, splitPath } from "./paths.ts";
import { checkPath } from "./validator.ts";

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
  /** Its path is that without the prefix. */
  readonly file: Incoming;
  readonly chunks: Uint8Array[];
  isWhole: boolean;
}

/** @param prefix begins the names of the statements, and of no other file */
export async function makeReuse(dest: Dest, prefix: string, held: Held): Promise<Reuse> {
  const { createHash } = await import("node:crypto");
  const statements = new Map<number, Statement>();
  const digests = new Map<string, string>();
  const buffer = new Uint8Array(BUFFER);
  let size = 0;

  const isOurs = ({ file }: Statement) => splitPath(file.path).name.startsWith("provenance");

  /** Files are requested without our statement. Any other one is a part of the result. */
  function dropContent(statement: Statement): void {
    const { file, chunks } = statement;
    if (!isOurs(statement)) throw new FsyncError("receive", text(file.stat.path), "it is too long");
    chunks.length = 0;
  }

  function finish(statement: Statement): void {
    statement.isWhole = true;
    if (!isOurs(statement)) return;
    const { folder } = splitPath(statement.file.path);
    for (const { name, digest } of subjectsOf(joinBytes(statement.chunks))) {
      held.add(OBJECT + folder.length + name.length);
      digests.set(inFolder(folder, name), digest);
    }
    statement.chunks.length = 0;
  }

  return {
    claims(id, stat) {
      const { folder, name } = splitPath(byteString(stat.path));
      if ((stat.mode & Mode.type) !== 0 || !name.startsWith(prefix)) return false;
      const path = inFolder(folder, name.slice(prefix.length));
      // The rest of a good name may be "..", or nothing.
      checkPath({ ...stat, path: bytesOf(path) });
      statements.set(id, { file: { path, stat: copyStat(stat) }, chunks: [], isWhole: false });
      return true;
    },
    take(id, data) {
      const statement = statements.get(id);
      if (statement === undefined || statement.isWhole) return false;
      size += data.length;
      if (data.length > 0 && size > LONGEST) dropContent(statement);
      else if (data.length > 0) {
        held.add(OBJECT + data.length);
        statement.chunks.push(data.slice());
      } else finish(statement);
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
      for (const statement of statements.values()) {
        const { file, chunks } = statement;
        if (!isOurs(statement)) yield { file, bytes: joinBytes(chunks) };
      }
    },
  };
}

const inFolder = (folder: string, name: string) => folder === "" ? name : `${folder}/${name}`;

/** A subject as `json.MarshalIndent` writes it. */
const SUBJECT =
  /\s*\{\s*"name": ("(?:[^"\\\n]|\\.)*"),\s*"digest": \{\s*"sha256": "([0-9a-f]{64})"\s*\}\s*\},?/y;

/**
 * The subjects of a statement with their paths in bytes; none for a text that isn't one. The text
 * isn't parsed: 64 MiB of `[{},{},…]` would become objects of 2 GB.
 */
function* subjectsOf(statement: Uint8Array): Generator<{ name: string; digest: string }> {
  const json = text(statement);
  // No text in JSON contains a line's end, and other lists of that name are indented deeper.
  const head = '\n  "subject": [';
  const start = json.indexOf(head);
  if (start < 0) return;
  SUBJECT.lastIndex = start + head.length;
  for (let found = SUBJECT.exec(json); found !== null; found = SUBJECT.exec(json)) {
    const name = maybe(() => JSON.parse(found[1]!) as string);
    // Go writes U+FFFD for bytes that are no UTF-8, so such a name may mean several files.
    if (name === undefined || name.includes("\uFFFD")) continue;
    yield { name: byteString(new TextEncoder().encode(name)), digest: found[2]! };
  }
}
