/** The number of lines that are kept. */
const LINES = 20;
/** The number of characters that are kept of one line. */
const LONGEST_LINE = 2000;

export type StderrTail = ReturnType<typeof stderrTail>;

/** Keeps the last lines of a program's stderr, for the message of its failure. */
export function stderrTail() {
  const decoder = new TextDecoder();
  const lines: string[] = [];
  let last = "";
  return {
    add(bytes: Uint8Array): void {
      const parts = (last + decoder.decode(bytes, { stream: true })).split("\n");
      last = parts.pop()!.slice(0, LONGEST_LINE);
      lines.push(...parts.map((line) => line.trimEnd().slice(0, LONGEST_LINE)).filter(Boolean));
      lines.splice(0, lines.length - LINES);
    },
    /** The lines so far, joined by line ends; empty when there are none. */
    text: () => [...lines, last.trimEnd()].filter(Boolean).slice(-LINES).join("\n"),
  };
}
