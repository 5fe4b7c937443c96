/** Runs the program on a terminal of its own, which `script` (util-linux) makes. */
import { shellWord } from "../../base/shell_word.ts";
import { fairleadCommand } from "./fairlead.ts";

export interface OnTerminal {
  readonly code: number;
  /** The output without control sequences and carriage returns. */
  readonly text: string;
}

/** @param options.interruptAt Ctrl-C is typed when the output so far matches */
export async function fairleadOnTerminal(
  { dir, env }: { readonly dir: string; readonly env: Readonly<Record<string, string>> },
  args: readonly string[],
  { columns, rows = 40, interruptAt }: {
    readonly columns: number;
    readonly rows?: number;
    readonly interruptAt?: RegExp;
  },
): Promise<OnTerminal> {
  const words = fairleadCommand(...args).map(shellWord);
  const child = new Deno.Command("script", {
    args: ["-qefc", `stty columns ${columns} rows ${rows}; exec ${words.join(" ")}`, "/dev/null"],
    cwd: dir,
    env,
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const keys = child.stdin.getWriter();
  let text = "";
  let typed = false;
  for await (const piece of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += piece;
    if (typed || interruptAt === undefined || !interruptAt.test(plain(text))) continue;
    typed = true;
    await keys.write(Uint8Array.of(3));
  }
  await keys.close().catch(() => {});
  return { code: (await child.status).code, text: plain(text) };
}

function plain(text: string): string {
  // deno-lint-ignore no-control-regex -- the sequences of a terminal
  return text.replace(/\x1b\[[0-9;?]*[a-zA-Z]|\x1b\]8;[^\x1b]*\x1b\\/g, "").replaceAll("\r", "");
}
