import { check, type Ran } from "../harness/run.ts";

const root = new URL("../..", import.meta.url).pathname;

/** Runs the program to its end in a process of its own; throws when it fails. */
export function fairlead(args: readonly string[], env: Record<string, string>): Promise<Ran> {
  const config = `--config=${root}/deno.json`;
  return check(Deno.execPath(), ["run", "-A", "--no-check", config, `${root}/main.ts`, ...args], {
    env,
  });
}
