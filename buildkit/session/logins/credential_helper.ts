/**
 * Docker's credential helpers: `docker-credential-NAME get` takes a server's name on its standard
 * input and prints `{"ServerURL","Username","Secret"}`. When it has none it prints `credentials not
 * found in native keychain` and fails. The user `<token>` means that the secret is an identity
 * token.
 */
import { isObject } from "../../../base/json.ts";
import { maybe } from "../../../base/maybe.ts";
import { after, onAbort } from "../../../base/async.ts";
import type { Credential } from "./credentials.ts";
import { osReason } from "../../../base/os_reason.ts";

/** The conditions that a helper runs under. */
export interface HelperOptions {
  /** The environment. */
  readonly env: (name: string) => string | undefined;
  /** Ends a helper that runs, too. */
  readonly signal?: AbortSignal;
}

/** A helper that gave no answer. The message names it and the server, and never what it printed. */
class HelperError extends Error {
  override readonly name = "HelperError";
}

/** The time limit, in milliseconds. A person may unlock a store; the daemon waits 60 s. */
const TIMEOUT = 50_000;
/** A helper's answer is cut after this, in characters. */
const LONGEST = 1 << 20;

/** Asks the helper `name` (`pass`) for a login. Throws `HelperError`, or the signal's reason. */
export async function askHelper(
  name: string,
  server: string,
  options: HelperOptions,
): Promise<Credential | undefined> {
  const program = `docker-credential-${name}`;
  const fail = (problem: string) =>
    new HelperError(`cannot get credentials for ${server} from ${program}: ${problem}`);
  if (/[/\\]/.test(name)) throw fail("its name is not valid for a program");
  const path = findProgram(program, options.env);
  if (path === undefined) throw fail("no such program in PATH");
  options.signal?.throwIfAborted();
  const child = spawn(path, fail);
  const reader = child.stdout.getReader();
  const { signal } = options;
  let late = false;
  const end = () => {
    maybe(() => child.kill("SIGKILL"));
    // Children of its own may still hold the pipe open.
    reader.cancel().catch(() => {});
  };
  const stop = after(TIMEOUT, () => {
    late = true;
    end();
  });
  using _ending = signal && onAbort(signal, end);
  try {
    const [, output, status] = await Promise.all([
      feed(child, server),
      read(reader),
      child.status,
    ]);
    signal?.throwIfAborted();
    if (late) throw fail(`no answer within ${TIMEOUT / 1000} s`);
    if (!status.success) {
      if (/credentials not found/.test(output)) return undefined;
      throw fail(`it ended with ${status.signal ?? `exit code ${status.code}`}`);
    }
    const credential = parse(output);
    if (!credential) throw fail("its answer is not the JSON of a login");
    return credential.secret === "" ? undefined : credential;
  } finally {
    stop();
  }
}

function spawn(path: string, fail: (problem: string) => HelperError): Deno.ChildProcess {
  try {
    return new Deno.Command(path, {
      args: ["get"],
      stdin: "piped",
      stdout: "piped",
      // A helper may ask its user something there.
      stderr: "inherit",
    }).spawn();
  } catch (error) {
    throw fail(osReason(error));
  }
}

async function feed(child: Deno.ChildProcess, server: string): Promise<void> {
  try {
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(server));
    await writer.close();
  } catch {
    // The helper ended without reading its input. Its output explains why.
  }
}

async function read(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  while (true) {
    const { value, done } = await reader.read();
    if (done) return text;
    // The rest is read too, so that the helper can end.
    if (text.length < LONGEST) text += decoder.decode(value, { stream: true });
  }
}

function parse(output: string): Credential | undefined {
  const answer: unknown = maybe(() => JSON.parse(output));
  if (!isObject(answer)) return undefined;
  const { Username: username = "", Secret: secret = "" } = answer;
  if (typeof username !== "string" || typeof secret !== "string") return undefined;
  return { username: username === "<token>" ? "" : username, secret };
}

/** The path of a program in PATH. */
export function findProgram(
  program: string,
  env: (name: string) => string | undefined,
): string | undefined {
  const windows = Deno.build.os === "windows";
  for (const folder of (env("PATH") ?? "").split(windows ? ";" : ":")) {
    if (folder === "") continue;
    const path = `${folder}/${program}${windows ? ".exe" : ""}`;
    try {
      const { isFile, mode } = Deno.statSync(path);
      if (isFile && (mode === null || mode & 0o111)) return path;
    } catch {
      // The program is not in this folder.
    }
  }
  return undefined;
}
