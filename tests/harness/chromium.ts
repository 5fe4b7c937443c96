/** Pages in a real browser: Debian's Chromium, headless, with nothing of it on the network. */
import { need } from "./tool.ts";
import { removeFolder } from "./remove_folder.ts";

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
  { colorScheme }: BrowserOptions,
): Promise<Answer[]> {
  const chromium = await need("chromium");
  const folder = await Deno.makeTempDir({ prefix: "fl-chromium-" });
  try {
    const json = JSON.stringify([page, widths]).replaceAll("<", "\\u003c");
    await Deno.writeTextFile(
      `${folder}/frames.html`,
      `<!DOCTYPE html><title>waiting</title><body></body><script>
const [page, widths] = ${json};
Promise.all(widths.map((width) => new Promise((resolve) => {
  const frame = document.createElement("iframe");
  frame.style = "height: 600px; border: 0; width: " + width + "px";
  frame.onload = () => resolve((${ask})(frame.contentWindow));
  frame.srcdoc = page;
  document.body.append(frame);
}))).then((answers) => { document.body.textContent = JSON.stringify(answers); });
</script>`,
    );
    const { success, stdout, stderr } = await new Deno.Command(chromium, {
      args: [
        ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
        ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
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
  } finally {
    await removeFolder(folder);
  }
}
