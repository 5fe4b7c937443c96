/**
 * The runtime's own TLS takes the certificates of authorities that it is given *beside* its base store
 * (Mozilla's, unless the environment says otherwise), never in place of it. Whoever names a CA means
 * that one alone, so the base store must be empty.
 *
 * Deno fills it once in a process, when it is first asked for, by `DENO_TLS_CA_STORE`, `DENO_CERT` and
 * `NODE_EXTRA_CA_CERTS` (denoland/deno, cli/lib/args.rs, `get_root_cert_store`). An unknown name in the
 * first is an error then, and leaves it unfilled: so one can tell whether it is too late.
 *
 * `fetch` knows no authorities afterwards but those that it is given: a program does this to itself,
 * and a library to nobody.
 */

/** The environment, as much of it as is needed. */
export type OwnEnv = Pick<Deno.Env, "get" | "set" | "delete">;

const STORE = "DENO_TLS_CA_STORE";
const NAMES = [STORE, "DENO_CERT", "NODE_EXTRA_CA_CERTS"];
/** No store is called so. */
const NONE = "none-of-fairlead";

let own: { readonly env: OwnEnv; readonly isShared: () => boolean } | undefined;
let state: "untouched" | "empty" | "unfit" = "untouched";

/**
 * The process is ours, environment and all: its base store may be emptied.
 * @param isShared true where others' code may run in it after all; asked when it matters
 */
export function ownProcess(env: OwnEnv, isShared: () => boolean = () => false): void {
  own = { env, isShared };
}

/** True when the base store has been emptied, by `emptyRoots`. */
export function rootsAreEmpty(): boolean {
  return state === "empty";
}

/**
 * Makes the base store an empty one, for good. False where that can't be: the process isn't ours, or
 * the store has been filled before. Nothing is awaited in between, so nothing else fills it meanwhile.
 */
export function emptyRoots(): boolean {
  if (own === undefined) return false;
  if (state === "untouched") {
    if (own.isShared()) return false;
    state = fill(own.env) ? "empty" : "unfit";
  }
  return state === "empty";
}

function fill(env: OwnEnv): boolean {
  const before = NAMES.map((name) => [name, env.get(name)] as const);
  try {
    for (const name of NAMES) env.delete(name);
    env.set(STORE, NONE);
    if (!isRefused()) return false;
    env.set(STORE, "");
    if (isRefused()) return false;
    // Asked once more, it must have kept what it has.
    env.set(STORE, NONE);
    return !isRefused();
  } catch {
    return false; // no permission to change the environment
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) env.delete(name);
      else env.set(name, value);
    }
  }
}

/** Asks for the base store: is the name in the environment one that it refuses? */
function isRefused(): boolean {
  try {
    Deno.createHttpClient({}).close();
    return false;
  } catch (error) {
    if ((error as Error).message.includes(NONE)) return true;
    throw error;
  }
}
