/** An interactive shell on a terminal of its own, which util-linux's `script` makes. */
import { need, type Tool } from "./tool.ts";

export interface Shell extends AsyncDisposable {
  /** Types, and waits until what the shell has printed matches; gives what it printed. */
  type(text: string, until: RegExp): Promise<string>;
}

/** The prompt that the start-up files must set. The harness waits for it. */
export const PROMPT = "READY> ";

/** Milliseconds for one answer, on a machine that does other things, too. */
const DEADLINE = 60_000;

/** @param args a text that a shell splits into words */
export async function startShell(
  name: Tool & ("bash" | "zsh" | "fish"),
  args: string,
  options: { cwd: string; env: Record<string, string> },
): Promise<Shell> {
  const child = new Deno.Command(await need("script"), {
    args: ["-qfec", `${await need(name)} ${args}`, "/dev/null"],
    ...options,
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  let output = "";
  let changed = Promise.withResolvers<void>();
  const reading = (async () => {
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      output += text;
      changed.resolve();
    }
  })();
  const wait = async (until: RegExp) => {
    const late = setTimeout(() => changed.reject(new Error(`no ${until} in: ${output}`)), DEADLINE);
    try {
      while (!until.test(output)) {
        await changed.promise;
        changed = Promise.withResolvers();
      }
    } finally {
      clearTimeout(late);
    }
    const all = output;
    output = "";
    return all;
  };
  await wait(new RegExp(PROMPT));
  return {
    async type(text, until) {
      await writer.write(new TextEncoder().encode(text));
      return await wait(until);
    },
    async [Symbol.asyncDispose]() {
      // ^U empties the line; the end of input would leave some shells waiting.
      await writer.write(new TextEncoder().encode("\x15exit\n")).catch(() => {});
      await child.status;
      await writer.close().catch(() => {});
      await reading;
    },
  };
}
