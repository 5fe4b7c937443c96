/**
 * Go's path.Match and filepath.Match: `*` any run of characters but `/`, `?` one of them, `[a-z]`
 * and `[^a-z]` classes, `\x` the character x itself. The time is at most proportional to the name's
 * length times the pattern's.
 */

/** Works like path.Match: the whole pattern is checked. Throws {@link BadPattern}. */
export function pathMatch(pattern: string, name: string): boolean {
  return match(pattern, name, true);
}

/**
 * Works like filepath.Match: once the name has failed, the pattern's later parts are not checked.
 * Throws {@link BadPattern}.
 */
export function filepathMatch(pattern: string, name: string): boolean {
  return match(pattern, name, false);
}

function match(pattern: string, name: string, checksAll: boolean): boolean {
  const characters = Array.from(name);
  let rest = Array.from(pattern);
  let at = 0;
  scan: while (rest.length > 0) {
    const { star, chunk, after } = nextChunk(rest);
    rest = after;
    if (star && chunk.length === 0) return !characters.includes("/", at);
    const isLast = rest.length === 0;
    const now = matchChunk(chunk, characters, at);
    if (now !== undefined && (now === characters.length || !isLast)) {
      at = now;
      continue;
    }
    if (star) {
      for (let i = at; i < characters.length && characters[i] !== "/"; i++) {
        const later = matchChunk(chunk, characters, i + 1);
        if (later === undefined || (isLast && later < characters.length)) continue;
        at = later;
        continue scan;
      }
    }
    while (checksAll && rest.length > 0) {
      const { chunk, after } = nextChunk(rest);
      matchChunk(chunk, [], 0);
      rest = after;
    }
    return false;
  }
  return at === characters.length;
}

/** A pattern that breaks the rules of its language. */
export class BadPattern extends Error {
  override readonly name = "BadPattern";
}

interface Chunk {
  readonly star: boolean;
  readonly chunk: readonly string[];
  readonly after: string[];
}

/** The stars at the front, then everything up to the next star that is outside of a class. */
function nextChunk(pattern: string[]): Chunk {
  let start = 0;
  while (pattern[start] === "*") start++;
  let inClass = false;
  let end = start;
  for (; end < pattern.length; end++) {
    const c = pattern[end];
    if (c === "\\") {
      if (end + 1 < pattern.length) end++;
    } else if (c === "[") inClass = true;
    else if (c === "]") inClass = false;
    else if (c === "*" && !inClass) break;
  }
  return { star: start > 0, chunk: pattern.slice(start, end), after: pattern.slice(end) };
}

/** The position in the name after the chunk; undefined when the chunk does not match there. */
function matchChunk(
  chunk: readonly string[],
  name: readonly string[],
  start: number,
): number | undefined {
  let failed = false;
  let at = start;
  for (let i = 0; i < chunk.length;) {
    failed ||= at >= name.length;
    const c = chunk[i]!;
    if (c === "[") {
      const found = matchClass(chunk, i + 1, failed ? "" : name[at]!);
      at++;
      i = found.next;
      failed ||= !found.matched;
    } else if (c === "?") {
      if (!failed) failed = name[at] === "/";
      at++;
      i++;
    } else {
      if (c === "\\" && ++i === chunk.length) throw new BadPattern("ends with a backslash");
      if (!failed) failed = chunk[i] !== name[at];
      at++;
      i++;
    }
  }
  return failed ? undefined : at;
}

function matchClass(
  chunk: readonly string[],
  start: number,
  c: string,
): { matched: boolean; next: number } {
  let i = start;
  const negated = chunk[i] === "^";
  if (negated) i++;
  let matched = false;
  for (let ranges = 0; !(chunk[i] === "]" && ranges > 0); ranges++) {
    const lo = classCharacter(chunk, i);
    let hi = lo;
    if (chunk[lo.next] === "-") hi = classCharacter(chunk, lo.next + 1);
    const point = c.codePointAt(0) ?? 0;
    matched ||= lo.point <= point && point <= hi.point;
    i = hi.next;
  }
  return { matched: matched !== negated, next: i + 1 };
}

function classCharacter(chunk: readonly string[], start: number): { point: number; next: number } {
  let i = start;
  if (chunk[i] === undefined || chunk[i] === "-" || chunk[i] === "]") {
    throw new BadPattern("has a broken class [");
  }
  if (chunk[i] === "\\") i++;
  const c = chunk[i];
  if (c === undefined || i + 1 >= chunk.length) {
    throw new BadPattern("has a class [ that is not closed");
  }
  return { point: c.codePointAt(0)!, next: i + 1 };
}
