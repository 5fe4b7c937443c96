/**
 * Folders that already hold most of a result: the daemon sends only the files that differ. It has
 * to say the digests of the files, which it does in a statement of provenance
 * (`buildkit/fsync/reuse.ts`). It reads the whole result for that, so this is done only where a
 * transfer takes longer than reading.
 */
import { openedPath } from "../../base/opened_path.ts";
import { newId } from "../../base/identity.ts";
import { UsageError } from "../../base/usage_error.ts";
import { isThisMachine } from "../../base/this_machine.ts";
import { DEFAULT_PROVENANCE } from "../../buildkit/solve_request.ts";
import type { Output } from "../spec/output.ts";

type Attrs = Readonly<Record<string, string>>;

/** A build's outputs, and the attributes of its frontend. */
export interface Wanted {
  readonly outputs: readonly Output[];
  readonly attrs: Attrs;
}

/**
 * Asks for digests where an output is `reuse=true`, or its folder has entries and the endpoint is
 * on another machine. Throws `UsageError` where `reuse=true` is impossible.
 */
export function askForDigests(
  { outputs, attrs }: Wanted,
  { endpoint, cwd }: { readonly endpoint: string; readonly cwd: string },
): Wanted {
  const asked = outputs.some(({ target }) => target.to === "directory" && target.reuse === true);
  // Attestations that were asked for must be written, and have no names of ours.
  const isUsual = attrs["attest:provenance"] === DEFAULT_PROVENANCE &&
    !Object.keys(attrs).some((key) => key.startsWith("attest:") && key !== "attest:provenance");
  const onlyFolders = outputs.every(({ target }) => target.to === "directory");
  if (asked && !isUsual) {
    throw new UsageError(
      "reuse=true needs the default provenance",
      "leave reuse=true out, or --provenance, --sbom, --attest and BUILDX_NO_DEFAULT_ATTESTATIONS",
    );
  }
  if (asked && !onlyFolders) {
    throw new UsageError(
      "reuse=true needs a build whose outputs are all folders",
      "leave reuse=true out, or build twice",
    );
  }
  if (!isUsual || !onlyFolders) return { outputs, attrs };
  const isFar = isElsewhere(endpoint);
  let any = false;
  const changed = outputs.map((output): Output => {
    const { target } = output;
    if (
      target.to !== "directory" ||
      !(target.reuse ?? (isFar && hasEntries(openedPath(target.path, cwd))))
    ) {
      return output;
    }
    any = true;
    const statementPrefix = `.fairlead-${newId()}-`;
    return {
      ...output,
      attrs: { ...output.attrs, "attestation-prefix": statementPrefix },
      target: { ...target, statementPrefix },
    };
  });
  return any
    ? { outputs: changed, attrs: { ...attrs, "attest:provenance": "mode=min" } }
    : { outputs, attrs };
}

/** Whether an endpoint names another machine; false where that isn't known. */
export function isElsewhere(endpoint: string): boolean {
  const url = URL.parse(endpoint);
  if (url === null) return false;
  if (/^(kube-pod|kubernetes):$/.test(url.protocol)) return true;
  if (!/^(tcp|ssh|http|https):$/.test(url.protocol)) return false;
  return !isThisMachine(url.hostname);
}

function hasEntries(folder: string): boolean {
  try {
    for (const _ of Deno.readDirSync(folder)) return true;
  } catch {
    // The transfer makes the folder, or reports what is wrong with it.
  }
  return false;
}
