/**
 * One challenge of a `WWW-Authenticate` header (RFC 9110 §11.6.1): which login a registry asks for.
 */
interface Challenge {
  /** In lower case: `bearer`, `basic`. */
  readonly scheme: string;
  /** By name, in lower case. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** Longest header that is read, in characters. */
const LONGEST = 8192;

const blanks = /[\s,]*/y;
const token = /[\w!#$%&'*+.^`|~-]+/y;
const equals = /[ \t]*=[ \t]*/y;
const quoted = /"(?:[^"\\]|\\.)*"/ys;
const bare = /[^\s,"]+/y;

/**
 * Reads all challenges of a header, in order; the first part that can't be read ends the list.
 * Each pattern matches in linear time, since another machine wrote the header.
 */
export function parseChallenges(header: string): Challenge[] {
  const found: { scheme: string; parameters: Record<string, string> }[] = [];
  if (header.length > LONGEST) return found;
  let at = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const text = pattern.exec(header)?.[0];
    if (text !== undefined) at += text.length;
    return text;
  };
  while (true) {
    take(blanks);
    const name = take(token)?.toLowerCase();
    if (name === undefined) return found;
    if (take(equals) === undefined) {
      found.push({ scheme: name, parameters: {} });
      continue;
    }
    const value = take(quoted)?.slice(1, -1).replace(/\\(.)/gs, "$1") ?? take(bare);
    const last = found.at(-1);
    if (value === undefined || last === undefined) return found;
    last.parameters[name] = value;
  }
}
