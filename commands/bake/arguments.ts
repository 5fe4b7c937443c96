import { LOCAL } from "./file_names.ts";
import { isRemote } from "../../builds/spec/remote.ts";

/** The arguments of the command line: `[URL [CONTEXT_URL]] [TARGET…]`. */
export interface BakeArguments {
  /** The URL of the definition; undefined for this machine. */
  readonly url: string | undefined;
  /** The value of `BAKE_CMD_CONTEXT`. */
  readonly context: string;
  readonly targets: readonly string[];
}

/** Without a target, `default` is meant. */
export function readArguments(args: readonly string[]): BakeArguments {
  const urls = args.slice(0, 2).findIndex((arg) => !isRemote(arg));
  const count = urls < 0 ? Math.min(args.length, 2) : urls;
  const targets = args.slice(count);
  return {
    url: count > 0 ? args[0] : undefined,
    context: count > 1 ? args[1]! : LOCAL,
    targets: targets.length > 0 ? targets : ["default"],
  };
}
