/** The candidates for the word at the cursor. */
export interface Candidates {
  readonly words: readonly Candidate[];
  /** The paths that the shell itself offers besides. */
  readonly paths?: "files" | "folders";
  /** No blank follows the word, because the word is incomplete. */
  readonly open?: boolean;
}

export interface Candidate {
  /** The whole word. */
  readonly word: string;
  /** One line; empty for none. */
  readonly about: string;
}

export const nothing: Candidates = { words: [] };
export const files: Candidates = { words: [], paths: "files" };
export const folders: Candidates = { words: [], paths: "folders" };

/** Words without an explanation. */
export function wordsOf(words: readonly string[], open = false): Candidates {
  return { words: words.map((word) => ({ word, about: "" })), open };
}

/**
 * The candidates without words that a shell might run or split. Names from daemons and files may
 * have no quotes, `$` or blanks. No honest name has them, and inside an open quote a shell inserts
 * words unquoted.
 */
export function harmless({ words, ...rest }: Candidates): Candidates {
  return { ...rest, words: words.filter(({ word }) => /^[\p{L}\p{N}._/@:=+,%~-]+$/u.test(word)) };
}

/** Directives of Go's cobra, whose protocol docker speaks to its plugins, too. */
const NO_SPACE = 2, NO_FILES = 4, FOLDERS = 16;

/**
 * The candidates as cobra prints them: a line for each word, with a tab before its description, and
 * last a colon and the sum of directives
 * (https://github.com/spf13/cobra/blob/main/site/content/completions/_index.md).
 */
export function printCandidates({ words, paths, open }: Candidates, prefix: string): string {
  const lines = words.filter(({ word }) => word.startsWith(prefix))
    .map(({ word, about }) => about === "" ? oneLine(word) : `${oneLine(word)}\t${oneLine(about)}`);
  const directive = (open ? NO_SPACE : 0) +
    (paths === "folders" ? FOLDERS : paths === "files" ? 0 : NO_FILES);
  return [...lines, `:${directive}`].map((line) => `${line}\n`).join("");
}

/** Names and explanations come from daemons and files, and shells print them as they are. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]+/gu, " ");
}
