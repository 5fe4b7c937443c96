/**
 * The functions that a definition may call, and the module of each. Only modules of called
 * functions are loaded: most definitions call two or three functions, and each file delays the
 * first build.
 */
import type { Func, LazyFunc } from "./function.ts";

type Module = { readonly functions: Record<string, Func | LazyFunc> };

const modules: readonly (readonly [names: string, load: () => Promise<Module>])[] = [
  [
    "absolute add and ceil divide equal floor greaterthan greaterthanorequalto int lessthan " +
    "lessthanorequalto log max min modulo multiply negate not notequal or parseint pow signum subtract",
    () => import("./functions/numbers.ts"),
  ],
  [
    "chomp indent join lower replace reverse sort split strlen substr title trim trimprefix " +
    "trimspace trimsuffix upper",
    () => import("./functions/strings.ts" /* at every run */),
  ],
  [
    "chunklist coalesce coalescelist compact concat contains distinct element flatten hasindex index " +
    "indexof keys length lookup merge reverselist slice values zipmap",
    () => import("./functions/collections.ts"),
  ],
  [
    "range sethaselement setintersection setproduct setsubtract setsymmetricdifference setunion",
    () => import("./functions/sets.ts"),
  ],
  ["csvdecode jsondecode jsonencode", () => import("./functions/data.ts")],
  ["format formatlist", () => import("./functions/format.ts")],
  ["regex regex_replace regexall", () => import("./functions/regexps.ts")],
  [
    "formatdate formattimestamp timeadd timestamp unixtimestampparse",
    () => import("./functions/dates.ts"),
  ],
  [
    "base64decode base64encode basename byteslen bytesslice dirname homedir sanitize urlencode",
    () => import("./functions/names.ts"),
  ],
  ["semvercmp", () => import("./functions/versions.ts")],
  ["cidrhost cidrnetmask cidrsubnet cidrsubnets", () => import("./functions/networks.ts")],
  ["md5 sha1 sha256 sha512 uuidv4 uuidv5", () => import("./functions/digests.ts")],
  ["rsadecrypt", () => import("./functions/ciphers.ts")],
  ["bcrypt", () => import("./functions/bcrypt.ts")],
  ["can convert try", () => import("./functions/attempts.ts")],
];

/** Names of all functions, sorted. */
export const functionNames: readonly string[] = modules.flatMap(([names]) => names.split(" "))
  .sort();

/** A name with an opening parenthesis, or with a comment that may come before one. */
const callLike = /\b([a-z][a-z0-9_]*)\s*(?:\(|\/[/*]|#)/g;

/** All functions that these texts may call. Functions that they don't call do no harm. */
export async function loadFunctions(
  texts: Iterable<string>,
): Promise<Map<string, Func | LazyFunc>> {
  const called = new Set<string>();
  let all = false;
  for (const text of texts) {
    for (const [, name] of text.matchAll(callLike)) called.add(name!);
    all ||= /\\u00/.test(text); // an escape of JSON may hide one
  }
  const functions = new Map<string, Func | LazyFunc>();
  const needed = modules.filter(([names]) => all || names.split(" ").some((n) => called.has(n)));
  for (const module of await Promise.all(needed.map(([, load]) => load()))) {
    for (const [name, func] of Object.entries(module.functions)) functions.set(name, func);
  }
  return functions;
}
