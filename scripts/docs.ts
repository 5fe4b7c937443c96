// deno-lint-ignore-file no-console
/**
 * Makes `docs/commands/` and `docs/man/` from the table of commands. `--check` fails when a page
 * there differs from the page that it would make. `--out DIR` makes the pages elsewhere.
 */
import { commands } from "../commands/list.ts";
import { allPages, commandTree, type Page } from "./docs/command_tree.ts";
import { man, manName } from "./docs/man.ts";
import { markdown, markdownName } from "./docs/markdown.ts";

const root = new URL("..", import.meta.url).pathname;
const check = Deno.args.includes("--check");
const at = Deno.args.indexOf("--out");
const docs = at < 0 ? `${root}docs` : Deno.args[at + 1]!;

const out = await Deno.makeTempDir({ prefix: "fairlead-docs-" });
try {
  await makePages(out);
  if (check) {
    const stale = ["commands", "man"].flatMap((folder) => differences(folder));
    for (const path of stale) console.error(`docs/${path} is not current: run deno task docs`);
    if (stale.length > 0) Deno.exit(1);
  } else {
    for (const folder of ["commands", "man"]) {
      await Deno.remove(`${docs}/${folder}`, { recursive: true }).catch(() => {});
      await Deno.mkdir(`${docs}/${folder}`, { recursive: true });
      for (const [name, text] of read(`${out}/${folder}`)) {
        await Deno.writeTextFile(`${docs}/${folder}/${name}`, text);
      }
    }
  }
} finally {
  await Deno.remove(out, { recursive: true });
}

async function makePages(folder: string): Promise<void> {
  await Deno.mkdir(`${folder}/commands`);
  await Deno.mkdir(`${folder}/man`);
  const top = await commandTree(commands);
  const parents = new Map<Page, Page>();
  for (const page of allPages(top)) for (const below of page.below) parents.set(below, page);
  for (const page of allPages(top)) {
    await Deno.writeTextFile(`${folder}/commands/${markdownName(page)}`, markdown(page));
    await Deno.writeTextFile(`${folder}/man/${manName(page)}`, man(page, parents.get(page)));
  }
  // `deno fmt` aligns the tables, as in all other pages.
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--quiet", "--config", `${root}deno.json`, `${folder}/commands`],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

/** Pages that are missing, superfluous or different. */
function differences(folder: string): string[] {
  const made = read(`${out}/${folder}`), there = read(`${docs}/${folder}`);
  return [...new Set([...made.keys(), ...there.keys()])]
    .filter((name) => made.get(name) !== there.get(name)).map((name) => `${folder}/${name}`).sort();
}

function read(folder: string): Map<string, string> {
  try {
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
    return new Map(names.map((name) => [name, Deno.readTextFileSync(`${folder}/${name}`)]));
  } catch {
    return new Map();
  }
}
