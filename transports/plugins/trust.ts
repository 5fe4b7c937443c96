/**
 * Whom a plugin must belong to. It runs with the user's rights, so whoever may write to its file, or
 * put another in its place, has those rights, too.
 */

/** What is wrong, and what mends it. */
export interface Problem {
  readonly problem: string;
  readonly hint: string;
}

/** Why the file at a path must not be run; undefined where nothing is wrong. */
export function distrust(path: string): Problem | undefined {
  let real: string;
  try {
    real = Deno.realPathSync(path);
  } catch (error) {
    const missing = error instanceof Deno.errors.NotFound;
    const problem = missing ? "there is no such file" : `it can't be read: ${textOf(error)}`;
    return { problem, hint: "check the path" };
  }
  try {
    if (!Deno.statSync(real).isFile) {
      return { problem: "it is not a file", hint: "give the path of the plugin itself" };
    }
    // The link's own folder counts, too: there the link can be exchanged.
    for (const at of new Set([real, folderOf(real), folderOf(path)])) {
      const problem = distrustOne(at, at === real ? "it" : `its folder ${at}`);
      if (problem !== undefined) return problem;
    }
  } catch (error) {
    return { problem: `it can't be read: ${textOf(error)}`, hint: "check the path" };
  }
  return undefined;
}

function distrustOne(path: string, name: string): Problem | undefined {
  const { uid, mode } = Deno.statSync(path);
  const me = Deno.uid();
  // Windows has neither.
  if (me === null || uid === null || mode === null) return undefined;
  if (uid !== 0 && uid !== me) {
    const whose = me === 0 ? "not root" : "neither root nor you";
    return {
      problem: `${name} belongs to user ${uid}, ${whose}`,
      hint: `if you trust it, run: chown ${me} ${quoted(path)}`,
    };
  }
  const [group, others] = [(mode & 0o020) !== 0, (mode & 0o002) !== 0];
  if (!group && !others) return undefined;
  const who = others ? "everyone" : "its group";
  return {
    problem: `${name} can be written to by ${who}`,
    hint: `run: chmod ${group ? "g" : ""}${others ? "o" : ""}-w ${quoted(path)}`,
  };
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf("/")));
}

function quoted(path: string): string {
  return /^[\w/.,:@%+-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
