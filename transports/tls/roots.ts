/**
 * Empties the base store of the runtime's own TLS. The runtime adds given authorities to its base
 * store (Mozilla's, unless the environment says otherwise) and never replaces it. A user who names
 * a CA trusts only that CA, so the base store must be empty.
 *
 * Deno fills the store once per process, at its first use, by `DENO_TLS_CA_STORE`, `DENO_CERT` and
 * `NODE_EXTRA_CA_CERTS` (denoland/deno, cli/lib/args.rs, `get_root_cert_store`). An unknown name in
 * the first variable is an error then, and leaves the store unfilled. The absence of that error
 * shows that it is too late.
 *
 * Afterwards `fetch` trusts only the authorities that it is given. A program may do this to its own
 * process, but a library must not.
 */

/** The parts of the environment that are used here. */
type OwnEnv = Pick<Deno.Env, "get" | "set" | "delete">;

const STORE = "DENO_TLS_CA_STORE";
const NAMES = [STORE, "DENO_CERT", "NODE_EXTRA_CA_CERTS"];
/** A name that no store has. */
const NONE = "none-of-fairlead";

let own: { readonly env: OwnEnv; readonly isShared: () => boolean } | undefined;
let state: "untouched" | "empty" | "unfit" = "untouched";

/**
 * Declares that the process is fairlead's own, with its environment: its base store may be emptied.
 * @param isShared true where other code may run in the process; called before the store is emptied
 */
export function ownProcess(env: OwnEnv, isShared: () => boolean = () => false): void {
  own = { env, isShared };
}

/** True when the base store has been emptied, by `emptyRoots`. */
export function rootsAreEmpty(): boolean {
  return state === "empty";
}

/**
 * Empties the base store for good. Returns false where the process isn't fairlead's own, or the
 * store is already filled. Nothing is awaited, so no other code fills the store meanwhile.
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
    // The store is filled now, so Deno must not read this invalid name any more.
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

/** Asks for the base store. Returns true where it refuses the name in the environment. */
function isRefused(): boolean {
  try {
    Deno.createHttpClient({}).close();
    return false;
  } catch (error) {
    if ((error as Error).message.includes(NONE)) return true;
    throw error;
  }
}
