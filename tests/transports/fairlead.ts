import { check, type Ran } from "../harness/run.ts";

const root = new URL("../..", import.meta.url).pathname;

/** The command line that runs the program. */
export function fairleadCommand(...args: string[]): string[] {
  const config = `--config=${root}deno.json`;
  return [Deno.execPath(), "run", "-A", "--no-check", config, `${root}main.ts`, ...args];
}

/** Runs the program to its end in a process of its own; throws when it fails. */
export function fairlead(args: readonly string[], env: Record<string, string>): Promise<Ran> {
  const [program, ...rest] = fairleadCommand(...args);
  return check(program!, rest, { env });
}
