/** The commit that a binary is made from. */
import { run } from "../run.ts";

/** The hash of the commit that the checkout at `root` is on; empty where it is none. */
export async function commitOf(root: string): Promise<string> {
  const nothing = { code: 1, stdout: "" };
  const { code, stdout } = await run("git", ["rev-parse", "HEAD"], { cwd: root })
    .catch(() => nothing);
  return code === 0 ? stdout.trim() : "";
}
