/**
 * The sender's record of each announced entry, from which it opens the entry on request. It keeps
 * two numbers, a size and the bytes of the name. 100,000 entries take some 4 MB; as many path
 * strings take three times that.
 */
export interface Entries {
  readonly count: number;
  /**
   * Adds an entry; its ID is the count before. `parent` is the ID of its folder, -1 for the root.
   */
  add(parent: number, name: Uint8Array, size: number, requestable: boolean): number;
  /** True when the entry may be requested; each entry may be requested once. */
  take(id: number): boolean;
  /** The announced size in bytes. */
  size(id: number): number;
  /**
   * Writes the entry's path, relative to the root, at `at`, and returns its end. The buffer must be
   * large enough.
   */
  writePath(id: number, into: Uint8Array, at: number): number;
  /** The length of the entry's path in bytes. */
  pathLength(id: number): number;
}

/** An empty table. */
export function makeEntries(): Entries {
  let count = 0;
  let parents = new Int32Array(256);
  let ends = new Uint32Array(256); // of names in `names`, each of which begins at the end before
  let sizes = new Float64Array(256); // -1: can't be requested; -2 - size: was requested
  let names = new Uint8Array(8192);

  function grow(): void {
    parents = widen(parents, new Int32Array(count * 2));
    ends = widen(ends, new Uint32Array(count * 2));
    sizes = widen(sizes, new Float64Array(count * 2));
  }
  const begin = (id: number) => id === 0 ? 0 : ends[id - 1]!;
  const length = (id: number) => ends[id]! - begin(id);
  function pathLength(id: number): number {
    let sum = length(id);
    for (let dir = parents[id]!; dir >= 0; dir = parents[dir]!) sum += 1 + length(dir);
    return sum;
  }

  return {
    get count() {
      return count;
    },
    add(parent, name, size, requestable) {
      if (count === ends.length) grow();
      const start = begin(count);
      const end = start + name.length;
      if (end > names.length) names = widen(names, new Uint8Array(Math.max(end, names.length * 2)));
      for (let i = 0; i < name.length; i++) names[start + i] = name[i]!;
      parents[count] = parent;
      ends[count] = end;
      sizes[count] = requestable ? size : -1;
      return count++;
    },
    take(id) {
      if (!(id < count) || sizes[id]! < 0) return false;
      sizes[id] = -2 - sizes[id]!;
      return true;
    },
    size: (id) => sizes[id]! <= -2 ? -2 - sizes[id]! : sizes[id]!,
    writePath(id, into, at) {
      const end = at + pathLength(id);
      let write = end;
      for (let entry = id; entry >= 0; entry = parents[entry]!) {
        if (entry !== id) into[--write] = 0x2f;
        const start = begin(entry);
        for (let read = ends[entry]!; read > start;) into[--write] = names[--read]!;
      }
      return end;
    },
    pathLength,
  };
}

/** Copies the old content into a larger array. */
export function widen<T extends { set(from: T): void }>(from: T, into: T): T {
  into.set(from);
  return into;
}
