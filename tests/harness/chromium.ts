/** Pages in a real browser: Debian's Chromium, headless, with nothing of it on the network. */
import { need } from "./tool.ts";
import { removedLater, removeFolder } from "./remove_folder.ts";

/** Headless, and silent on the network. */
const QUIET = [
  ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
  ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
];

export interface BrowserOptions {
  /** The reader's colour scheme, as the page sees it. */
  readonly colorScheme: "light" | "dark";
}

/**
 * Loads a page into frames of the given widths (px) and asks in each: `ask` is the source of a
 * function of the frame's `window` whose result is JSON. Resolves to the answers.
 */
export async function askBrowser<Answer>(
  page: string,
  widths: readonly number[],
  ask: string,
  options: BrowserOptions,
): Promise<Answer[]> {
  return (await askPages<Answer>([page], widths, ask, options))[0]!;
}

/** As `askBrowser`, for several pages in one browser: the answers of each page, in their order. */
export async function askPages<Answer>(
  pages: readonly string[],
  widths: readonly number[],
  ask: string,
  { colorScheme }: BrowserOptions,
): Promise<Answer[][]> {
  const chromium = await need("chromium");
  const folder = await Deno.makeTempDir({ prefix: "fl-chromium-" });
  await using _ = removedLater(folder);
  const json = JSON.stringify([pages, widths]).replaceAll("<", "\\u003c");
  await Deno.writeTextFile(
    `${folder}/frames.html`,
    `<!DOCTYPE html><title>waiting</title><body></body><script>
const [pages, widths] = ${json};
const frameOf = (page, width) => new Promise((resolve) => {
  const frame = document.createElement("iframe");
  frame.style = "height: 600px; border: 0; width: " + width + "px";
  frame.onload = () => resolve((${ask})(frame.contentWindow));
  frame.srcdoc = page;
  document.body.append(frame);
});
Promise.all(pages.map((page) => Promise.all(widths.map((width) => frameOf(page, width))))).then((answers) => { document.body.textContent = JSON.stringify(answers); });
</script>`,
  );
  const { success, stdout, stderr } = await new Deno.Command(chromium, {
    args: [
      ...QUIET,
      ...colorScheme === "dark" ? ["--blink-settings=preferredColorScheme=0"] : [],
      ...[`--user-data-dir=${folder}/profile`, "--virtual-time-budget=10000", "--dump-dom"],
      `file://${folder}/frames.html`,
    ],
    stdin: "null",
    signal: AbortSignal.timeout(120_000),
  }).output();
  const dom = new TextDecoder().decode(stdout);
  const answer = /<body>(.*)<\/body>/s.exec(dom)?.[1];
  if (!success || answer === undefined) {
    throw new Error(`the browser failed: ${new TextDecoder().decode(stderr)}\n${dom}`);
  }
  const plain = answer.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
  return JSON.parse(plain);
}

/** A page that stays open, driven over the DevTools protocol. */
export interface OpenPage {
  /** The value of an expression in the page, as JSON. */
  value<T>(expression: string): Promise<T>;
  /** Waits until an expression is true. */
  until(expression: string): Promise<void>;
  /** Errors of the page's script, and refusals by its policy. */
  readonly problems: readonly string[];
}

/** Opens an address in a browser of its own while `work` runs. */
export async function withPage(
  url: string,
  work: (page: OpenPage) => Promise<void>,
): Promise<void> {
  const chromium = await need("chromium");
  const folder = await Deno.makeTempDir({ prefix: "fl-chromium-" });
  const child = new Deno.Command(chromium, {
    args: [...QUIET, `--user-data-dir=${folder}`, "--remote-debugging-port=0", "about:blank"],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  try {
    const socket = new WebSocket(await pageAddress(folder));
    await new Promise((opened) => socket.onopen = opened);
    try {
      const page = devTools(socket);
      for (const domain of ["Runtime", "Log"]) await page.send(`${domain}.enable`);
      await page.send("Page.navigate", { url });
      await work(page);
    } finally {
      const closed = new Promise((done) => socket.onclose = done);
      socket.close();
      await closed;
    }
  } finally {
    child.kill("SIGKILL");
    await child.status;
    await removeFolder(folder);
  }
}

/** The address of the only page's protocol; the browser writes its port to a file. */
async function pageAddress(folder: string): Promise<string> {
  for (let tries = 0; tries < 300; tries++) {
    try {
      const [port] = Deno.readTextFileSync(`${folder}/DevToolsActivePort`).split("\n");
      const targets = await (await fetch(`http://127.0.0.1:${port}/json`)).json();
      const page = targets.find(({ type }: { type: string }) => type === "page");
      if (page !== undefined) return page.webSocketDebuggerUrl;
    } catch {
      // The browser is starting.
    }
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error("the browser never opened its port");
}

function devTools(socket: WebSocket) {
  const waiting = new Map<number, (result: { result?: { value?: unknown } }) => void>();
  const problems: string[] = [];
  socket.onmessage = ({ data }) => {
    const { id, result, method, params } = JSON.parse(data);
    waiting.get(id)?.(result);
    if (method === "Runtime.exceptionThrown") problems.push(JSON.stringify(params));
    if (method === "Log.entryAdded" && params.entry.level === "error") {
      problems.push(params.entry.text);
    }
  };
  const send = (method: string, params: object = {}) =>
    new Promise<{ result?: { value?: unknown } }>((resolve) => {
      const id = waiting.size + 1;
      waiting.set(id, resolve);
      socket.send(JSON.stringify({ id, method, params }));
    });
  const value = async <T>(expression: string) => {
    const { result } = await send("Runtime.evaluate", { expression, returnByValue: true });
    return result?.value as T;
  };
  return {
    send,
    value,
    problems,
    async until(expression: string) {
      for (let tries = 0; tries < 300; tries++) {
        if (await value(`Boolean(${expression})`) === true) return;
        await new Promise((done) => setTimeout(done, 100));
      }
      throw new Error(
        `never true: ${expression}\n${problems.join("\n")}\n${await value(
          "document.body.innerText",
        )}`,
      );
    },
  };
}
