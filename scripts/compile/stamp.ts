/** The commit's hash, which goes into `version.ts` when the program is compiled. */
import { run } from "../../tests/harness/run.ts";

/** The hash of the commit that the checkout at `root` is on; empty where it is none. */
export async function commitOf(root: string): Promise<string> {
  const nothing = { code: 1, stdout: "" };
  const { code, stdout } = await run("git", ["rev-parse", "HEAD"], { cwd: root })
    .catch(() => nothing);
  return code === 0 ? stdout.trim() : "";
}

/** A bundled file with the hash in, or undefined for one that does not hold `version.ts`. */
export function stamp(text: string, revision: string): string | undefined {
  let found = false;
  const stamped = text.replace(/\b(number:"[^"]*",revision:)""/, (_, before: string) => {
    found = true;
    return `${before}"${revision}"`;
  });
  return found ? stamped : undefined;
}
