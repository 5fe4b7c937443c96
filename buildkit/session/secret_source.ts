import { readUpTo } from "../../base/bytes.ts";
import { osReason } from "../../base/os_reason.ts";

/** Returns the value of a secret, or undefined for an unknown id. Rejects with a `SecretError`. */
export type SecretSource = (id: string) => Promise<Uint8Array | undefined>;

/** The largest secret that the peers send, in bytes. */
export const MAX_SECRET_SIZE = 500 * 1024;

/** The source of a secret, as the command line names it. */
export interface SecretSpec {
  /** The name that a step asks for. */
  readonly id: string;
  /** Path of a file; wins only when `env` is empty. */
  readonly file?: string;
  /** Name of an environment variable. */
  readonly env?: string;
}

/** A secret that can't be read. The error never holds its value. */
export class SecretError extends Error {
  /** The class of the error, for programs. */
  override readonly name = "SecretError";
  /** `hint`: what the user can do about it. */
  constructor(message: string, readonly hint?: string) {
    super(message);
  }
}

/**
 * Opens secrets of files and environment variables. A spec that names neither means the variable of
 * that name when it is set, else the file of that name. When several specs have one id, the last
 * one wins.
 *
 * Files are checked here, so that a wrong path fails before the build begins. Each is read once,
 * when it is first requested, because the path may be a pipe (`src=/dev/fd/63`). Throws
 * `SecretError`.
 */
export async function openSecrets(
  specs: readonly SecretSpec[],
  env: (name: string) => string | undefined,
): Promise<SecretSource> {
  const readers = new Map<string, () => Promise<Uint8Array>>();
  for (const { id, file = "", env: variable = "" } of specs) {
    if (id === "") throw new SecretError("secret missing ID");
    const name = variable !== "" ? variable : file === "" && env(id) !== undefined ? id : "";
    // buildx looks at the file even where a variable wins.
    const path = file !== "" ? file : name === "" ? id : "";
    if (path !== "") await checkFile(id, path);
    readers.set(id, once(() => name !== "" ? valueOf(env(name)) : readSecret(id, path)));
  }
  return async (id) => await readers.get(id)?.();
}

/** An unset variable is an empty secret, as with the peers. */
function valueOf(text = ""): Promise<Uint8Array> {
  return Promise.resolve(new TextEncoder().encode(text));
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => made ??= make();
}

async function checkFile(id: string, path: string): Promise<void> {
  let stat: Deno.FileInfo;
  try {
    stat = await Deno.stat(path);
  } catch (error) {
    throw new SecretError(
      `failed to stat ${path}: stat ${path}: ${osReason(error)}`,
      `it is needed by --secret id=${id}: check its path, which is relative to the working folder`,
    );
  }
  if (stat.isDirectory) {
    throw new SecretError(`cannot read secret ${name(id, path)}: is a directory`);
  }
  if (stat.size > MAX_SECRET_SIZE) throw tooBig(id);
}

function name(id: string, path: string): string {
  return `${JSON.stringify(id)} from ${path}`;
}

function tooBig(id: string): SecretError {
  return new SecretError(`secret ${id} too big. max size ${MAX_SECRET_SIZE / 1024}KiB`);
}

async function readSecret(id: string, path: string): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    using file = await Deno.open(path);
    bytes = await readUpTo(file, MAX_SECRET_SIZE + 1);
  } catch (error) {
    throw new SecretError(`cannot read secret ${name(id, path)}: ${osReason(error)}`);
  }
  if (bytes.length > MAX_SECRET_SIZE) throw tooBig(id);
  return bytes.slice();
}
