/** The commit that a binary is made from. */
import { run } from "../run.ts";

/** The hash of the commit of the checkout at `root`; empty if that is no checkout. */
export async function commitOf(root: string): Promise<string> {
  const nothing = { code: 1, stdout: "" };
  const { code, stdout } = await run("git", ["rev-parse", "HEAD"], { cwd: root })
    .catch(() => nothing);
  return code === 0 ? stdout.trim() : "";
}
