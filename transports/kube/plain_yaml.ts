/**
 * The part of YAML in which kubectl and its like write kubeconfigs: blocks of maps and lists, whose
 * scalars are plain or in quotes and stand on one line. A library for all of YAML takes 15 ms to load,
 * half of what reaching an API server takes.
 */

/** A line, of which a dash at its beginning is one of its own. */
interface Token {
  /** The column that it begins in. */
  readonly at: number;
  readonly kind: "dash" | "key" | "scalar";
  /** Of a key the value beside it; empty where that stands below. */
  readonly text: string;
  readonly key?: string;
}

/** It is for the library. */
class NotPlain extends Error {}

/**
 * The document's value, with scalars as text, as `readYaml` gives it; undefined where the document has
 * anything else in it, or an error.
 */
export function readPlainYaml(text: string): unknown {
  try {
    const tokens = tokensOf(text);
    const { value, next } = nodeAt(tokens, 0);
    return next === tokens.length ? value : undefined;
  } catch (error) {
    if (error instanceof NotPlain) return undefined;
    throw error;
  }
}

function tokensOf(text: string): Token[] {
  if (/[^ -~\n]/.test(text)) fail();
  const tokens: Token[] = [];
  for (const line of text.replace(/^---\n/, "").split("\n")) {
    let rest = line.trimStart();
    if (rest === "" || rest.startsWith("#")) continue;
    let at = line.length - rest.length;
    if (/^(?:---|\.\.\.)/.test(line)) fail();
    for (; rest.startsWith("- "); at += 2, rest = rest.slice(2)) {
      tokens.push({ at, kind: "dash", text: "" });
    }
    const [, key, value = ""] = /^([A-Za-z][\w./-]*):(?: +(.*))?$/.exec(rest) ?? [];
    tokens.push(
      key === undefined
        ? { at, kind: "scalar", text: rest.trimEnd() }
        : { at, kind: "key", key, text: value.trimEnd() },
    );
  }
  return tokens;
}

/** The node that begins with a token, and where the one behind it begins. */
function nodeAt(tokens: readonly Token[], first: number): { value: unknown; next: number } {
  const { at, kind, text } = tokens[first] ?? fail();
  if (kind === "scalar") return { value: scalar(text), next: first + 1 };
  const list: unknown[] = [];
  const map = new Map<string, unknown>();
  let next = first;
  for (let token = tokens[next]; token?.at === at && token.kind === kind; token = tokens[next]) {
    const { key = "", text } = token;
    if (map.has(key)) fail();
    let value: unknown;
    if (text !== "") {
      value = scalar(text);
      next++;
    } else {
      const below = tokens[next + 1] ?? fail();
      // A list may stand in the column of its key.
      if (below.at < at || (below.at === at && (kind !== "key" || below.kind !== "dash"))) fail();
      ({ value, next } = nodeAt(tokens, next + 1));
    }
    if (kind === "key") map.set(key, value);
    else list.push(value);
  }
  // What stands further in belongs to nothing: the rest of a scalar of several lines.
  if ((tokens[next]?.at ?? -1) > at) fail();
  return { value: kind === "key" ? Object.fromEntries(map) : list, next };
}

function scalar(text: string): unknown {
  if (text === "{}") return {};
  if (text === "[]") return [];
  if (/^(?:"[^"\\]*"|'[^']*')$/.test(text)) return text.slice(1, -1);
  const plain = /^(?:[\w/+=.~]|-[^ ])/.test(text) && !/: | #|:$/.test(text);
  return plain ? text : fail();
}

function fail(): never {
  throw new NotPlain();
}
