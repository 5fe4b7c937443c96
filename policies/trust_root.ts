/**
 * Sigstore's trust root: the keys of certificate authorities, transparency logs and timestamp
 * authorities. The verifier's module checks its signatures and dates by TUF's rules; this file only
 * carries bytes. A root that is expired or can't be fetched is no root: nothing is verified then.
 */
import { withTimeout } from "../base/async.ts";
import type { Engine, EngineAnswer, Need } from "./engine.ts";
import {
  lastUpdate,
  locked,
  repositoryFiles,
  savedFiles,
  saveFiles,
  TrustError,
  type TrustFiles,
  type TrustFolder,
} from "./trust_files.ts";
import { errorText } from "../base/error_text.ts";

/** A metadata file of the repository. */
interface TrustRole {
  readonly name: "root" | "timestamp" | "snapshot" | "targets";
  readonly version: number;
  /** RFC 3339. */
  readonly expires: string;
}

export interface TrustState {
  readonly roles: readonly TrustRole[];
  /** The file trusted_root.json in base64; absent if nothing can be trusted. */
  readonly trustedRoot?: string;
  /** Why nothing can be trusted. */
  readonly problem?: string;
  /** When the files were last updated, in milliseconds since 1970. */
  readonly updated?: number | undefined;
}

/** Saved files are used this long without a look for newer ones, in milliseconds. */
const FRESH = 24 * 3600_000;
/** How long a build waits for newer files, in milliseconds; buildx waits as long. */
const PATIENCE = 5000;
/** The largest number of files of an update: each one brings the next. */
const MOST_FILES = 300;

/** Checks the saved files. */
export async function savedTrust(
  module: Engine,
  folder: TrustFolder,
  signal: AbortSignal,
): Promise<TrustState> {
  const { answer } = await locked(
    folder,
    signal,
    () => checked(module, folder, savedFiles(folder)),
  );
  const updated = await lastUpdate(folder);
  const state = stateOf(answer);
  if (updated === undefined) return { ...state, problem: "no trust root has been fetched yet" };
  return { ...state, updated };
}

/** Fetches newer files, and saves them if they are good. Throws `TrustError`. */
export async function updateTrust(
  module: Engine,
  folder: TrustFolder,
  signal: AbortSignal,
): Promise<TrustState> {
  const seen = await savedFiles(folder)("timestamp.json", 16_384);
  const source = repositoryFiles(folder.repository, signal);
  const { answer, files, root } = await checked(module, folder, source, seen);
  const state = stateOf(answer);
  if (state.problem !== undefined) {
    throw new TrustError(`${folder.repository}: ${state.problem}`);
  }
  await locked(folder, signal, () => saveFiles(folder, files, root));
  return { ...state, updated: Date.now() };
}

/** A trust root that is valid now, for a verification. Throws `TrustError` with the remedy. */
export async function validTrust(
  module: Engine,
  folder: TrustFolder,
  signal: AbortSignal,
): Promise<string> {
  const saved = await savedTrust(module, folder, signal);
  const isFresh = saved.updated !== undefined && Date.now() - saved.updated < FRESH;
  if (saved.trustedRoot !== undefined && isFresh) return saved.trustedRoot;
  try {
    const limited = withTimeout(signal, PATIENCE);
    return (await updateTrust(module, folder, limited)).trustedRoot!;
  } catch (error) {
    signal.throwIfAborted();
    if (saved.trustedRoot !== undefined) return saved.trustedRoot;
    const why = error instanceof Error && error.name === "TimeoutError"
      ? `${folder.repository} did not answer within ${PATIENCE / 1000} s`
      : errorText(error);
    throw new TrustError(
      `signatures can't be verified: ${saved.problem}, and ${why}`,
      "fetch it: fairlead policy trust --refresh; offline: --from FOLDER with a copy of the repository",
    );
  }
}

interface Checked {
  readonly answer: EngineAnswer;
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly root: Uint8Array;
}

/** Gives the module the files that it asks for, one after the other. */
async function checked(
  module: Engine,
  folder: TrustFolder,
  source: TrustFiles,
  seen?: Uint8Array,
): Promise<Checked> {
  const files = new Map<string, Uint8Array>();
  const table: Record<string, string | null> = {};
  const trust = {
    ...folder.anchor && { root: folder.anchor.toBase64() },
    ...seen && { seen: seen.toBase64() },
    files: table,
  };
  for (let round = 0; round < MOST_FILES; round++) {
    const answer = module.call({ trust });
    const needs = answer.needs as readonly (Need & { readonly limit: number })[] | undefined;
    if (needs === undefined) {
      const { root } = (answer["trust"] ?? {}) as { root?: string };
      return { answer, files, root: Uint8Array.fromBase64(root ?? "") };
    }
    for (const { key, limit } of needs) {
      const bytes = await source(key, limit);
      if (bytes !== undefined) files.set(key, bytes);
      table[key] = bytes === undefined ? null : bytes.toBase64();
    }
  }
  throw new TrustError(`the repository needs more than ${MOST_FILES} files`);
}

function stateOf(answer: EngineAnswer): TrustState {
  const { roles, trustedRoot, expired } = (answer["trust"] ?? {}) as {
    roles?: readonly TrustRole[];
    trustedRoot?: string;
    expired?: boolean;
  };
  const known = roles ?? [];
  if (answer.error === undefined && trustedRoot) return { roles: known, trustedRoot };
  const late = known.find(({ expires }) => Date.parse(expires) < Date.now());
  const problem = expired && late
    ? `the trust root's ${late.name}.json expired on ${late.expires.slice(0, 10)}`
    : `the trust root is not valid: ${answer.error}`;
  return { roles: known, problem };
}
