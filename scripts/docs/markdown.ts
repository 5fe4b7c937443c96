import type { FlagRow } from "../../cli/flags/help.ts";
import type { Page } from "./command_tree.ts";

/** The name of a command's page in `docs/commands/`. */
export function markdownName({ path }: Page): string {
  const [, ...words] = path.split(" ");
  return words.length === 0 ? "README.md" : `${words.join("_")}.md`;
}

/** A command's page for the web. */
export function markdown(page: Page): string {
  const { path, summary, description, usages, aliases, flags, globalFlags, below, examples } = page;
  const [, ...more] = description.split("\n\n");
  const first = more.length > 0 ? description.split("\n\n")[0]! : summary;
  return [
    `# ${path}`,
    "<!-- Made from the table of commands by `deno task docs`: changes here are lost. -->",
    `${escape(first)}.`.replace(/\.\.$/, "."),
    block(usages),
    ...more.map((text) => block(text.split("\n"))),
    ...aliases.length > 0 ? [`Also: ${aliases.map((alias) => `\`${alias}\``).join(", ")}.`] : [],
    ...examples.length > 0
      ? ["## Examples", ...examples.map(({ lines }) => ["```sh", lines.trim(), "```"].join("\n"))]
      : [],
    ...below.length > 0 ? ["## Commands", list(below)] : [],
    ...flags.length > 0 ? ["## Options", table(flags)] : [],
    "## Global options",
    table(globalFlags),
  ].join("\n\n") + "\n";
}

function block(lines: readonly string[]): string {
  return ["```text", ...lines, "```"].join("\n");
}

function list(pages: readonly Page[]): string {
  const rows = pages.map((page) =>
    `| [\`${page.path}\`](${markdownName(page)}) | ${escape(page.summary)} |`
  );
  return ["| command | |", "| --- | --- |", ...rows].join("\n");
}

function table(rows: readonly FlagRow[]): string {
  const lines = rows.map(({ flag, about }) =>
    `| \`${flag.replaceAll("|", "\\|")}\` | ${escape(about)} |`
  );
  return ["| option | |", "| --- | --- |", ...lines].join("\n");
}

function escape(text: string): string {
  return text.replace(/[|*_`<>[\]]/g, "\\$&");
}
