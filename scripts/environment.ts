/**
 * Compares `docs/environment.md` with the program: every variable that the program reads has a row,
 * and the states of the rows are true. `scripts/check.ts` calls it.
 * `tests/commands/compatibility_test.ts` compares the rows with buildx's own program.
 */
import { states } from "./compatibility.ts";

const path = "docs/environment.md";

/** One variable's row. */
export interface VariableRow {
  readonly line: number;
  readonly name: string;
  readonly state: string;
  readonly note: string;
}

/** Reads the rows of all tables. */
export function readVariables(text: string): VariableRow[] {
  return text.split("\n").flatMap((line, at): VariableRow[] => {
    const [, name, state, note] = /^\| `(\w+)` +\| (\w+) +\| (.*?) *\|$/.exec(line) ?? [];
    return name === undefined ? [] : [{ line: at + 1, name, state: state!, note: note! }];
  });
}

/** The forms in which the program's code names a variable that it reads. */
const reads = /(?:\benv\(|\benv\.get\(|\bisTrue\(|\bvariable\(|\benv: )\s*"([A-Z][A-Z0-9_]*)"/g;

/** Variables that most programs read, and that need no row. */
const ordinary = new Set(
  "HOME USERPROFILE PATH USER USERNAME LOGNAME SHELL XDG_CACHE_HOME XDG_DATA_HOME XDG_RUNTIME_DIR"
    .split(" "),
);

/** Variables that the launcher's two halves share. */
const inner = new Set(["FAIRLEAD_DENO_DIR"]);

/**
 * The document's mistakes, one line each.
 * @param product the program's files, from the root
 */
export async function environmentBreaches(
  root: string,
  product: readonly string[],
): Promise<string[]> {
  const rows = readVariables(await Deno.readTextFile(`${root}/${path}`));
  const breaches: string[] = [];
  const breach = (line: number, what: string) => void breaches.push(`${path}:${line}: ${what}`);
  const texts = product.map((file) => Deno.readTextFileSync(`${root}/${file}`));
  texts.push(Deno.readTextFileSync(`${root}/scripts/compile/head.sh`));
  const all = texts.join("\n");
  const seen = new Set<string>();
  for (const { line, name, state, note } of rows) {
    if (seen.has(name)) breach(line, `${name} has two rows`);
    seen.add(name);
    if (!(states as readonly string[]).includes(state)) {
      breach(line, `${state} is not one of ${states.join(", ")}`);
    }
    if (note === "" && state !== "same" && state !== "added") {
      breach(line, `${state}: say how, or why`);
    }
    const here = new RegExp(`["$\`{]${name}\\b`).test(all);
    if (here === (state === "missing" || state === "ignored")) {
      breach(line, `the program ${here ? "names" : "does not name"} ${name}: ${state} is wrong`);
    }
  }
  const read = new Set(Array.from(all.matchAll(reads), ([, name]) => name!));
  for (const name of [...read].sort()) {
    if (!seen.has(name) && !ordinary.has(name) && !inner.has(name)) {
      breach(1, `the program reads ${name}: add a row for it`);
    }
  }
  return breaches;
}
