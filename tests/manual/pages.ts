/** Reads the commands and the files out of the manual's pages. */

/** A fenced block of a page. */
export interface Block {
  /** `sh`, `dockerfile`, `yaml` … */
  readonly language: string;
  /** The file that a reader would put it into; empty for none. */
  readonly file: string;
  readonly text: string;
  /** The line at which it begins in its page. */
  readonly line: number;
  /** The reason why no test runs it: the comment above it. */
  readonly notRun: string | undefined;
}

/** The fenced blocks of a page, in order. */
export function blocksOf(page: string): Block[] {
  const blocks: Block[] = [];
  const lines = page.split("\n");
  for (let at = 0; at < lines.length; at++) {
    const [, language, file = ""] = /^```(\w+)(?: (\S+))?$/.exec(lines[at]!) ?? [];
    if (language === undefined) continue;
    const end = lines.indexOf("```", at);
    const text = lines.slice(at + 1, end).join("\n") + "\n";
    const above = lines.slice(0, at).findLast((line) => line !== "") ?? "";
    const notRun = /^<!-- not run: (.+) -->$/.exec(above)?.[1];
    blocks.push({ language, file, text, line: at + 1, notRun });
    at = end;
  }
  return blocks;
}

/**
 * Lines of a page with a command in an indented block, which no test runs, unless the comment above
 * the block names the test that does, or the reason why none does.
 */
export function strayCommands(page: string): string[] {
  const stray: string[] = [];
  let fenced = false;
  let above = "";
  for (const line of page.split("\n")) {
    if (line.startsWith("```")) fenced = !fenced;
    const indented = /^ {4}/.test(line);
    if (!indented && line !== "") above = line;
    if (fenced || !/^ {4}(?:\$ )?(?:fairlead|docker|buildctl) /.test(line)) continue;
    if (!/^<!-- (?:run by|not run): .+ -->$/.test(above)) stray.push(line.trim());
  }
  return stray;
}

/** The anchors of a page's headings, as GitHub makes them. */
export function anchorsOf(page: string): string[] {
  return [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-")
  );
}

/** The tests that a page's comments name. */
export function namedTests(page: string): string[] {
  return [...page.matchAll(/^<!-- run by: (\S+) -->$/gm)].map(([, path]) => path!);
}

/** All that is run of a page, as one script for `sh`, with `== line N` before each block. */
export function scriptOf(page: string, replace: (text: string) => string): string {
  const parts = blocksOf(page).filter(({ notRun }) => notRun === undefined).flatMap((block) => {
    const text = replace(block.text);
    if (block.language === "sh") return [`echo "== line ${block.line}"\n${text}`];
    return block.file === "" ? [] : [`cat >${block.file} <<'END-OF-BLOCK'\n${text}END-OF-BLOCK\n`];
  });
  return `set -eu\n${parts.join("\n")}`;
}
