/**
 * A small language for trees of files, one entry a line:
 *
 *     src/                        a directory
 *     src/a.txt "hello\n" 0640    a file with this content
 *     src/big 4096                a file of so many bytes, the same ones each time
 *     "with space" ""             a path as JSON, where it holds a blank or more
 *     link -> ../a                a symlink, also a dangling one
 *     hard => src/a.txt           a hard link to an earlier entry
 *     pipe fifo
 *     sock socket
 *     null char 1:3               a device (needs root); also `block 8:0`
 *
 * After these, in any order: a mode in octal beginning with 0 (as 0755, 01777, 04711), a time
 * `@SECONDS.NANOSECONDS`, an owner `USER:GROUP` in numbers, and `user.name="value"` xattrs.
 * Without them: 0755 for directories, 0644 for others, time 1700000000.123456789, the present
 * owner. `#` begins a comment line. Parents that are not listed are made.
 */
import { setOwner, setTime, setXattr, special } from "./tree_sys.ts";

interface Entry {
  path: string;
  kind: "dir" | "file" | "symlink" | "hardlink" | "fifo" | "socket" | "char" | "block";
  /** The value besides the kind: content, size, target or device number. */
  value: string | number;
  mode: number | undefined;
  seconds: bigint;
  nanoseconds: bigint;
  owner: [number, number] | undefined;
  xattrs: [string, string][];
}

export interface Tree {
  readonly root: string;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Makes the tree in a new temporary folder. */
export async function makeTree(text: string): Promise<Tree> {
  const root = await Deno.makeTempDir({ prefix: "fl-tree-" });
  writeTree(root, text);
  return { root, [Symbol.asyncDispose]: () => Deno.remove(root, { recursive: true }) };
}

/** Makes the tree in a folder that exists. Throws on an entry that exists. */
export function writeTree(root: string, text: string): void {
  const entries = text.split("\n").map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#")).map(parseEntry);
  for (const entry of entries) create(root, entry);
  // Children change the times of their directories, and a read-only directory takes no child.
  for (const entry of entries.reverse()) finish(root, entry);
}

const token = /"(?:[^"\\]|\\.)*"|\S*="(?:[^"\\]|\\.)*"|\S+/g;

function parseEntry(line: string): Entry {
  const words = line.match(token) ?? [];
  const unquote = (word = "") => word.startsWith('"') ? JSON.parse(word) as string : word;
  const path = unquote(words.shift());
  const entry: Entry = {
    path: path.replace(/\/$/, ""),
    kind: path.endsWith("/") ? "dir" : "file",
    value: "",
    mode: undefined,
    seconds: 1_700_000_000n,
    nanoseconds: 123_456_789n,
    owner: undefined,
    xattrs: [],
  };
  while (words.length > 0) {
    const word = words.shift() ?? "";
    const time = /^@(\d+)(?:\.(\d{1,9}))?$/.exec(word);
    const owner = /^(\d+):(\d+)$/.exec(word);
    const xattr = /^([\w.]+)=(".*")$/.exec(word);
    const next = () => unquote(words.shift());
    if (time) {
      entry.seconds = BigInt(time[1] ?? 0);
      entry.nanoseconds = BigInt((time[2] ?? "").padEnd(9, "0"));
    } else if (owner) entry.owner = [Number(owner[1]), Number(owner[2])];
    else if (xattr) entry.xattrs.push([xattr[1] ?? "", JSON.parse(xattr[2] ?? "")]);
    else if (word === "->") Object.assign(entry, { kind: "symlink", value: next() });
    else if (word === "=>") Object.assign(entry, { kind: "hardlink", value: next() });
    else if (word === "fifo" || word === "socket") entry.kind = word;
    else if (word === "char" || word === "block") {
      Object.assign(entry, { kind: word, value: next() });
    } else if (/^0[0-7]+$/.test(word)) entry.mode = parseInt(word, 8);
    else if (/^\d+$/.test(word)) entry.value = Number(word);
    else if (word.startsWith('"')) entry.value = unquote(word);
    else throw new Error(`tree: what is ${word} in the line: ${line}`);
  }
  return entry;
}

function create(root: string, { path, kind, value }: Entry): void {
  const full = `${root}/${path}`;
  const parent = full.slice(0, full.lastIndexOf("/"));
  Deno.mkdirSync(parent, { recursive: true });
  if (kind === "dir") return Deno.mkdirSync(full, { recursive: true });
  if (kind === "symlink") return Deno.symlinkSync(String(value), full);
  if (kind === "hardlink") return Deno.linkSync(`${root}/${value}`, full);
  if (kind !== "file") return special(full, kind, String(value));
  const content = typeof value === "number" ? filler(value) : new TextEncoder().encode(value);
  Deno.writeFileSync(full, content, { createNew: true });
}

function finish(root: string, entry: Entry): void {
  const full = `${root}/${entry.path}`;
  // A hard link is its target: that line says how it is.
  if (entry.kind === "hardlink") return;
  for (const [name, value] of entry.xattrs) setXattr(full, name, value);
  // The owner first: chown takes set-uid bits away.
  if (entry.owner !== undefined) setOwner(full, ...entry.owner);
  if (entry.kind !== "symlink") {
    Deno.chmodSync(full, entry.mode ?? (entry.kind === "dir" ? 0o755 : 0o644));
  }
  setTime(full, entry.seconds, entry.nanoseconds);
}

/** Bytes that neither repeat nor compress well, and are the same each time. */
function filler(size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  let state = 0x9e3779b9;
  for (let i = 0; i < size; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state;
  }
  return bytes;
}
