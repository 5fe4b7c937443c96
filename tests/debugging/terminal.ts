/** A terminal of tmux's, in which a program runs as for a user. */
import { check } from "../harness/run.ts";
import { need } from "../harness/tool.ts";

export interface Terminal extends AsyncDisposable {
  /** Types keys: words of tmux such as `Enter` and `C-c`, or text. */
  keys(...keys: string[]): Promise<void>;
  /** The screen, without empty lines at its end. */
  screen(): Promise<string>;
  /** Waits until the screen matches, for at most 30 s. */
  until(pattern: RegExp): Promise<string>;
  resize(columns: number, rows: number): Promise<void>;
}

/** Opens a terminal of 100 by 40 with a shell in it. */
export async function openTerminal(
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<Terminal> {
  const tmux = await need("tmux");
  const name = `fl-${crypto.randomUUID().slice(0, 8)}`;
  const run = async (...args: string[]) =>
    (await check(tmux, ["-L", name, "-f", "/dev/null", ...args], {
      env: { ...env, TERM: "xterm" },
    }))
      .stdout;
  await run("new-session", "-d", "-x", "100", "-y", "40", "-c", cwd, "/bin/sh");
  const screen = async () => (await run("capture-pane", "-p", "-J")).trimEnd();
  return {
    keys: async (...keys) => void await run("send-keys", ...keys),
    screen,
    async until(pattern) {
      let text = "";
      for (let round = 0; round < 300; round++) {
        text = await screen();
        if (pattern.test(text)) return text;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      throw new Error(`the screen never matched ${pattern}:\n${text}`);
    },
    resize: async (columns, rows) =>
      void await run("resize-window", "-x", String(columns), "-y", String(rows)),
    async [Symbol.asyncDispose]() {
      await run("kill-server").catch(() => {});
    },
  };
}
