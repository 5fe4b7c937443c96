/** Dials through an executable plugin, with one process for each connection. */
import { errorText } from "../../base/error_text.ts";
import type { ByteStream } from "../byte_stream.ts";
import { DialError, type DialErrorDetails, interrupted } from "../errors.ts";
import { onAbort, within } from "../../base/async.ts";
import type { Connection, DialContext } from "../transport.ts";
import { describeEnding, type Ending, explainEnd, hasFailed, said } from "../net/ending.ts";
import { type Process, startProcess } from "../net/process.ts";
import { explainNoise, readHandshake, withRest } from "./handshake.ts";
import { startHint } from "./ask.ts";
import { hostName } from "../net/tcp_connect.ts";
import type { Metadata } from "./metadata.ts";

/** How long a plugin may take to exit after the end of its stdout, in ms. */
const EXIT_MS = 5000;

/** How long a failed dial waits for the end of its process, in ms; most end at once. */
const STOP_MS = 300;

const GUIDE = "see docs/writing-a-transport.md";

/** The endpoint that a plugin has to connect to. */
export interface Target {
  readonly path: string;
  /** The URL as the user typed it. */
  readonly url: string;
  /** The URL without secrets, for errors. */
  readonly shown: string;
  readonly options: Readonly<Record<string, string>>;
  /** The `:authority` if the plugin names none. */
  readonly authority: string;
}

/** A target of an executable. */
interface ExecutableTarget extends Target {
  /** The values of secret options, which are removed from the plugin's messages. */
  readonly secrets: readonly string[];
}

/** Runs `PLUGIN connect`. Throws `DialError`, or the signal's reason. */
export async function dialExecutable(
  target: ExecutableTarget,
  { handshake }: Pick<Metadata, "handshake">,
  context: DialContext,
): Promise<Connection> {
  const { path, shown } = target;
  context.step("exec", path);
  const process = start(target, context);
  const stream = failing(process, target);
  using _ = onAbort(context.signal, () => stream.close());
  try {
    context.signal.throwIfAborted();
    const peer = `${shown} through ${path}`;
    if (handshake === "none") {
      const checked = checkingFirst(stream, target);
      return { stream: checked, authority: target.authority, peer, secure: false };
    }
    const beginning = await readHandshake(stream);
    switch (beginning.kind) {
      case "ok": {
        const { greeting, rest } = beginning;
        const { authority } = greeting;
        return {
          stream: withRest(rest, stream),
          authority: target.authority,
          ...greeting,
          peer: withoutSecrets(greeting.peer ?? peer, target),
          ...authority !== undefined && { serverName: hostName(authority) },
        };
      }
      case "error": {
        const { message, ...details } = beginning.refusal;
        await within(process.ended, 500);
        throw failed(target, message + said(process.stderr()), { hint: GUIDE, ...details });
      }
      case "silence":
        throw failed(target, `the plugin ${path} ended its stdout without a handshake line`);
      case "noise": {
        const problem = `the plugin ${path} ${beginning.problem}${said(process.stderr())}`;
        throw failed(target, problem, {
          hint: `messages for people go to stderr; ${GUIDE}`,
        });
      }
    }
  } catch (error) {
    stream.close();
    await within(process.gone, STOP_MS);
    if (context.signal.aborted) throw interrupted(context.signal, shown, "exec", path);
    throw error;
  }
}

function start(target: ExecutableTarget, context: DialContext): Process {
  const { signal, log, timeoutMs = 20_000, debug = false } = context;
  if (signal.aborted) throw interrupted(signal, target.shown, "exec", target.path);
  const { url, options } = target;
  // `protocol` and `url` come first, because a small plugin may find them with a pattern.
  const request = JSON.stringify({ protocol: 1, url, options, timeoutMs, debug });
  try {
    return startProcess(target.path, {
      args: ["connect"],
      env: { FAIRLEAD_TRANSPORT_REQUEST: request },
      log: (line) => log(withoutSecrets(line, target)),
    });
  } catch (error) {
    const problem = `the plugin ${target.path} can't be started: ${errorText(error)}`;
    throw failed(target, problem, { code: "config", hint: startHint(error), cause: error });
  }
}

/** The process's stream; its end is an error when the process failed. */
function failing(process: Process, target: ExecutableTarget): ByteStream {
  return explainEnd(process.stream, async () => {
    let ending: Ending | undefined;
    await within(process.ended.then((value) => void (ending = value)), EXIT_MS);
    if (ending === undefined || !hasFailed(ending)) return undefined;
    const problem = `the plugin ${target.path} ${describeEnding(ending, process.stderr())}`;
    return failed(target, problem, {
      code: "unreachable",
      hint: `'fairlead transports test ${target.shown}' shows what the plugin can do`,
    });
  });
}

/** Checks, for handshake `none`, that the first bytes are the daemon's. */
function checkingFirst(stream: ByteStream, target: ExecutableTarget): ByteStream {
  let first = true;
  return {
    ...stream,
    async read(into) {
      const count = await stream.read(into);
      if (!first || count === null) return count;
      first = false;
      const problem = explainNoise(into.subarray(0, count));
      if (problem === undefined) return count;
      throw failed(target, `the plugin ${target.path} ${problem}`, {
        step: "http2",
        hint: `only the daemon's bytes go to stdout, messages go to stderr; ${GUIDE}`,
      });
    },
  };
}

function failed(
  target: ExecutableTarget,
  problem: string,
  { hint = GUIDE, ...details }: Partial<DialErrorDetails> = {},
): DialError {
  return new DialError(withoutSecrets(problem, target), {
    endpoint: target.shown,
    step: "exec",
    code: "internal",
    hint: withoutSecrets(hint, target),
    ...details,
  });
}

/** The shortest secret, in characters, that is removed: a shorter one would match common words. */
const SHORTEST_SECRET = 4;

function withoutSecrets(text: string, { url, shown, secrets }: ExecutableTarget): string {
  return secrets.filter((secret) => secret.length >= SHORTEST_SECRET)
    .reduce((left, secret) => left.replaceAll(secret, "***"), text.replaceAll(url, shown));
}
