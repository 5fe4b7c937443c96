import { BuilderError } from "../../../builders/builder_error.ts";
import type { Deps } from "../../../cli/deps.ts";
import { redacted } from "../../../builds/inputs/git_attrs.ts";

/**
 * The address of the repository around the working folder, without credentials: that of the
 * branch's own remote, else of `origin`, else of `upstream`. Throws `BuilderError` where there is
 * none.
 */
export async function remoteUrl({ cwd, signal }: Pick<Deps, "cwd" | "signal">): Promise<string> {
  const git = async (...args: string[]) => await run(["-C", cwd, ...args], signal);
  if (await git("rev-parse", "--git-dir") === "") {
    throw new BuilderError("could not find git repository for local filter", {
      hint: "--local lists the builds of the repository that it is called in",
    });
  }
  const head = await git("symbolic-ref", "-q", "HEAD");
  const branch = await git("for-each-ref", "--format=%(upstream:remotename)", head || "HEAD");
  for (const remote of [branch, "origin", "upstream"]) {
    const url = remote === "" ? "" : await git("remote", "get-url", remote);
    if (url !== "") return redacted(url);
  }
  throw new BuilderError(
    "could not get remote URL for local filter: no remote URL found for either origin or upstream",
  );
}

/** The output of git, on one line; empty if git fails. */
async function run(args: readonly string[], signal: AbortSignal): Promise<string> {
  try {
    const { success, stdout } = await new Deno.Command("git", {
      args: [...args],
      stdin: "null",
      stderr: "null",
      signal,
    }).output();
    return success ? new TextDecoder().decode(stdout).trim() : "";
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new BuilderError("git was not found in the system", { cause });
  }
}
