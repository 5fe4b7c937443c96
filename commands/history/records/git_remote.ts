import { BuilderError } from "../../../builders/builder_error.ts";
import { redacted } from "../../../builds/inputs/git_attrs.ts";
import { checkouts } from "../../../builds/inputs/git_repository.ts";

/**
 * The address of the repository around the working folder, without credentials, as records of
 * builds have it. Throws `BuilderError` where there is none.
 */
export function remoteUrl(cwd: string): string {
  const checkout = checkouts()(cwd);
  if (checkout === undefined) {
    throw new BuilderError("could not find git repository for local filter", {
      hint: "--local lists the builds of the repository that it is called in",
    });
  }
  if (checkout.remote !== undefined) return redacted(checkout.remote);
  throw new BuilderError(
    "could not get remote URL for local filter: no remote URL found for either origin or upstream",
  );
}
