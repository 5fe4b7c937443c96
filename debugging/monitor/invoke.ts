/** `debug --invoke` and `--on`: the program of the monitor, and when it starts. */
import { UsageError } from "../../base/usage_error.ts";
import { csvFields } from "../../base/go/csv.ts";
import { parseBool } from "../../base/go/bool.ts";
import { cut } from "../../base/cut.ts";

/**
 * The program that the monitor starts. An undefined value comes from the step, or from the image.
 */
export interface Invoke {
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly user?: string;
  readonly cwd?: string;
  readonly tty: boolean;
}

/** Whether the monitor starts after a good build, too. */
export function startsAlways(on: string, invoke: string): boolean {
  if (on === "always" || on === "error") return on === "always";
  throw new UsageError(
    `invalid value ${JSON.stringify(on)} of --on${invoke ? " with --invoke" : ""}`,
    "it is always or error",
  );
}

/** Reads `--invoke`: a word, or CSV with `args`, `entrypoint`, `env`, `user`, `cwd` and `tty`. */
export function parseInvoke(text: string): Invoke {
  const shell = { args: ["sh"], env: [], tty: true };
  if (text === "" || text === "default") return shell;
  if (text === "on-error") return { ...shell, args: ["/bin/sh"] };
  const fields = csvFields(text);
  if (fields.length === 1 && !fields[0]!.includes("=")) return { ...shell, args: [fields[0]!] };
  const args: string[] = [], entrypoint: string[] = [], env: string[] = [];
  let user: string | undefined, cwd: string | undefined, tty = true;
  for (const field of fields) {
    const [name, value] = cut(field, "=");
    if (value === undefined) throw new UsageError(`invalid value ${field}`);
    const key = name.toLowerCase();
    if (key === "args") args.push(...listOf(value));
    else if (key === "entrypoint") entrypoint.push(...listOf(value));
    else if (key === "env") env.push(...listOf(value));
    else if (key === "user") user = value;
    else if (key === "cwd") cwd = value;
    else if (key === "tty") tty = readTty(value);
    else throw new UsageError(`unknown key ${JSON.stringify(key)}`);
  }
  const words = [...entrypoint, ...args];
  return {
    args: words.length > 0 ? words : shell.args,
    env,
    tty,
    ...user !== undefined && { user },
    ...cwd !== undefined && { cwd },
  };
}

function readTty(value: string): boolean {
  try {
    return parseBool(value);
  } catch (error) {
    throw new UsageError(`failed to parse tty: ${(error as Error).message}`);
  }
}

/** A JSON list of texts, or one text. */
function listOf(value: string): string[] {
  try {
    const list: unknown = JSON.parse(value);
    if (Array.isArray(list) && list.every((item) => typeof item === "string")) return list;
  } catch {
    // It is a text.
  }
  return [value];
}
