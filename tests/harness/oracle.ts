/**
 * Calls `tests/daemons/fsutil-oracle`, which shows what BuildKit's own client would send for a
 * folder.
 */
import { need } from "./tool.ts";

/** A STAT as fsutil sends it. */
export interface OracleStat {
  path: string;
  /** Go's os.FileMode bits, not POSIX's. */
  mode: number;
  uid: number;
  gid: number;
  size: number;
  /** Nanoseconds, in decimal: above 2^53. */
  modTime: string;
  linkname: string;
  devmajor: number;
  devminor: number;
  /** Values in base64. */
  xattrs?: Record<string, string>;
  /** The STAT's protobuf bytes in base64. */
  raw: string;
}

export interface Filter {
  include?: readonly string[];
  exclude?: readonly string[];
  follow?: readonly string[];
}

/** Each throws an Error with the oracle's message where BuildKit would have failed. */
export interface Oracle {
  /** The STATs of a build context, in order, after the filter. */
  stats(root: string, filter?: Filter): Promise<OracleStat[]>;
  /** `matches`: MatchesOrParentMatches. `walked`: what a walk with the parents' results finds. */
  match(
    patterns: readonly string[],
    paths: readonly string[],
  ): Promise<{ matches: boolean[]; walked: boolean[] }>;
  /** Null: a path leads to the root, so nothing is filtered. */
  follow(root: string, paths: readonly string[]): Promise<string[] | null>;
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** One process answers any number of questions, in about 0.1 ms each for a small tree. */
export async function startOracle(): Promise<Oracle> {
  const child = new Deno.Command(await need("fsutil-oracle"), {
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = child.stdin.getWriter();
  const lines = answers(child.stdout);
  let last: Promise<unknown> = Promise.resolve();

  // Answers come in the order of the questions, so questions are put one after another.
  const ask = <Answer>(question: Record<string, unknown>): Promise<Answer> => {
    const asked = last.catch(() => {}).then(async () => {
      await writer.write(new TextEncoder().encode(`${JSON.stringify(question)}\n`));
      const { value, done } = await lines.next();
      if (done) throw new Error("the oracle ended");
      const answer = JSON.parse(value);
      if (answer.error !== undefined) throw new Error(answer.error);
      return answer as Answer;
    });
    last = asked;
    return asked;
  };
  const stop = async () => {
    await writer.close().catch(() => {});
    await lines.return(undefined);
    await child.status;
  };
  return {
    stats: async (root, filter = {}) =>
      (await ask<{ stats: OracleStat[] }>({ op: "filter", root, ...filter })).stats,
    match: (patterns, paths) => ask({ op: "match", patterns, paths }),
    follow: async (root, paths) =>
      (await ask<{ paths: string[] | null }>({ op: "follow", root, paths })).paths,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function* answers(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, void> {
  let parts: string[] = [];
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    let start = 0;
    for (let end; (end = text.indexOf("\n", start)) >= 0; start = end + 1) {
      yield parts.join("") + text.slice(start, end);
      parts = [];
    }
    parts.push(text.slice(start));
  }
}
