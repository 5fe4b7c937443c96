/**
 * Reads a compose file as values, with the two tags that compose adds to YAML. `!reset` removes an
 * earlier file's value at the same path; `!override` replaces it without a merge.
 */
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments } from "yaml";
import type { Budget } from "../budget.ts";
import { ComposeError } from "../error.ts";
import type { Path } from "./path.ts";
import { plainScalar } from "./scalar.ts";
import { isMapping, type Mapping, textOf, Timestamp, type Value } from "./value.ts";

interface YamlDocument {
  readonly value: Value;
  /** The paths of earlier files' values that are removed before this document is merged. */
  readonly resets: readonly Path[];
}

/** Values of a document, with its aliases followed. The peer has the same limit. */
const MAX_NODES = 100_000;

/** Throws `ComposeError` that names the file and the line. */
export function readYaml(text: string, file: string, budget: Budget): YamlDocument[] {
  budget.step(text.length);
  const lineCounter = new LineCounter();
  try {
    const documents = parseAllDocuments(text, {
      schema: "failsafe",
      version: "1.2",
      uniqueKeys: false,
      logLevel: "silent",
      prettyErrors: false,
      lineCounter,
    });
    if (!Array.isArray(documents)) return [];
    return documents.map(({ contents, errors }) => {
      const [error] = errors;
      if (error !== undefined) {
        if (/call stack/.test(error.message)) throw new RangeError(error.message);
        throw failure(lineCounter.linePos(error.pos[0]), error.message);
      }
      return readDocument(contents, lineCounter);
    });
  } catch (error) {
    if (error instanceof RangeError) throw parseError(file, "it is nested too deeply");
    throw error instanceof YamlFailure ? parseError(file, error.message) : error;
  }
}

class YamlFailure extends Error {}

function failure({ line, col }: { line: number; col: number }, text: string): YamlFailure {
  return new YamlFailure(`line ${line}, column ${col}: ${text}`);
}

function parseError(file: string, problem: string): ComposeError {
  return new ComposeError(`failed to parse ${file}: yaml: ${problem}`);
}

function readDocument(root: Node | null, lines: LineCounter): YamlDocument {
  const resets: Path[] = [];
  const anchors = new Map<string, Node>();
  const seen = new Set<Node>();
  const open = new Set<Node>();
  let count = 0;

  /** Reads a node; undefined for one that is reset. */
  function read(node: Node | null, path: Path): Value | undefined {
    if (node === null) return null;
    if (++count > MAX_NODES) {
      throw new YamlFailure(`compose file exceeds maximum node visit limit (${MAX_NODES})`);
    }
    if (isAlias(node)) {
      const target = anchors.get(node.source);
      if (!target) throw at(node, `unknown anchor '${node.source}' referenced`);
      if (open.has(target)) throw at(node, `anchor '${node.source}' value contains itself`);
      return read(target, path);
    }
    if ("anchor" in node && node.anchor && !seen.has(node)) anchors.set(node.anchor, node);
    seen.add(node);
    const tag = "tag" in node ? node.tag : undefined;
    if (tag === "!reset" || tag === "!override") resets.push(path);
    if (tag === "!reset") return undefined;
    open.add(node);
    try {
      if (isMap(node)) return readMap(node.items as { key: Node; value: Node | null }[], path);
      if (isSeq(node)) {
        return node.items.flatMap((item, at) => {
          const value = read(item as Node | null, [...path, String(at)]);
          return value === undefined ? [] : [value];
        });
      }
      return isScalar(node) ? scalar(node, at) : null;
    } finally {
      open.delete(node);
    }
  }

  function readMap(items: { key: Node; value: Node | null }[], path: Path): Mapping {
    const lineOf = new Map<Value, number>();
    const mapping: Mapping = new Map();
    const merged: Value[] = [];
    for (const { key: node, value: valueNode } of items) {
      const key = read(node, path);
      const isMerge = isScalar(node) && node.source === "<<" && node.type === "PLAIN";
      const shown = typeof key === "string" ? key : textOf(key ?? null);
      const before = lineOf.get(shown);
      const line = lines.linePos(node?.range?.[0] ?? 0).line;
      if (before !== undefined) {
        throw new YamlFailure(
          `line ${line}: mapping key ${JSON.stringify(shown)} already defined at line ${before}`,
        );
      }
      lineOf.set(shown, line);
      const value = read(valueNode, isMerge ? path : [...path, shown]);
      if (value === undefined) continue;
      if (isMerge) { for (const one of Array.isArray(value) ? value : [value]) merged.push(one); }
      else if (typeof key === "string") mapping.set(key, value);
      else {
        const where = path.length === 0 ? "at top level" : `in ${path.join(".")}`;
        throw new ComposeError(`non-string key ${where}: ${shown}`, "put the key into quotes");
      }
    }
    for (const other of merged) {
      if (!isMapping(other)) {
        throw new YamlFailure("map merge requires map or sequence of maps as the value");
      }
      for (const [key, value] of other) if (!mapping.has(key)) mapping.set(key, value);
    }
    return mapping;
  }

  function at(node: Node, text: string): YamlFailure {
    return failure(lines.linePos(node.range?.[0] ?? 0), text);
  }

  return { value: read(root, []) ?? null, resets };
}

interface Scalar {
  readonly tag?: string | undefined;
  readonly type?: string | undefined;
  readonly source?: string | undefined;
  readonly value: unknown;
}

/** A scalar by its tag, or by its text if it has no tag. */
function scalar(node: Scalar & Node, at: (node: Node, text: string) => Error): Value {
  const text = node.source ?? "";
  const kind = node.tag?.match(/^tag:yaml\.org,2002:(\w+)$/)?.[1];
  if (kind === "binary") {
    try {
      return new TextDecoder().decode(Uint8Array.fromBase64(text));
    } catch {
      throw at(node, "!!binary value contains invalid base64 data");
    }
  }
  if (kind === "str" || kind === undefined && node.type !== "PLAIN") return text;
  const value = plainScalar(text);
  if (kind === undefined) return value;
  const fits = {
    int: typeof value === "bigint",
    float: typeof value === "number" || typeof value === "bigint",
    bool: typeof value === "boolean",
    null: value === null,
    timestamp: value instanceof Timestamp,
  }[kind];
  if (fits === false) throw at(node, `cannot decode ${JSON.stringify(text)} as !!${kind}`);
  return value;
}
