import type { BrokenFile } from "../../builders/store/store.ts";
import type { Deps } from "./deps.ts";

/** Tells the user of something that isn't right and doesn't stop the command. */
export function warn(deps: Pick<Deps, "stderr">, text: string): void {
  deps.stderr.write(`WARNING: ${text}\n`);
}

/** Tells of the files in the store that are no builders; they are left alone. */
export function warnBroken(deps: Pick<Deps, "stderr">, broken: readonly BrokenFile[]): void {
  for (const { path, reason } of broken) {
    warn(deps, `${path} holds no builder, skipped: ${reason}`);
  }
}
