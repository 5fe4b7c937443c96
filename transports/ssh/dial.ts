/**
 * Connects from an ssh server to a daemon. A channel leads to its unix socket
 * (`direct-streamlocal@openssh.com`, OpenSSH's PROTOCOL §2.4). Otherwise a program on the server
 * relays its stdio to the socket.
 */
import { plain } from "./explain.ts";
import { type SshSlot, takeSlot } from "./pool.ts";
import { within } from "../../base/async.ts";
import { duplexStream } from "../net/duplex_stream.ts";
import type { SshTarget } from "./target.ts";
import { openChannel, type Opened, type SshChannel, type SshClient } from "./ssh2.ts";
import { widenWindow } from "./ssh2_internals.ts";
import { describeEnding, type Ending, explainEnd, hasFailed } from "../net/ending.ts";
import { stderrTail } from "../net/stderr_tail.ts";
import type { ByteStream } from "../byte_stream.ts";
import { DialError, interrupted } from "../errors.ts";
import type { DialContext } from "../transport.ts";

export { sshTarget } from "./target.ts";

/** The ways to a daemon from its ssh server. */
interface SshWays {
  /** The socket's path; undefined where only the program is to be used. */
  readonly socket: string | undefined;
  /** A command line for the user's shell on the server. */
  readonly command: string;
  /** The remedy for an error when both ways fail. */
  readonly hint: string;
}

/** How long a server's report of a program's exit code may take, in ms. */
const EXIT_WAIT_MS = 2000;

/** Throws `DialError`, or the signal's reason. */
export async function dialSsh(
  target: SshTarget,
  endpoint: string,
  ways: SshWays,
  context: DialContext,
): Promise<ByteStream> {
  const { socket } = ways;
  let refused = "";
  if (socket !== undefined) {
    const slot = await takeSlot(target, endpoint, false, context);
    try {
      const channel = await opened(slot, endpoint, context, (client, done) => {
        client.openssh_forwardOutStreamLocal(socket, done);
      }, (channel) => channel);
      return duplexStream(channel, { close: () => leave(channel, slot) });
    } catch (error) {
      slot.release();
      if (!(error instanceof ChannelRefused)) throw error;
      refused = `the server can't reach the socket ${socket} (${error.message}), and `;
      context.log(`${endpoint}: ${refused}now tries ${ways.command}`);
    }
  }
  return await runProgram(target, { endpoint, ways, refused }, context);
}

interface Attempt {
  readonly endpoint: string;
  readonly ways: SshWays;
  /** The failures of earlier attempts, as the beginning of a sentence. */
  readonly refused: string;
}

async function runProgram(
  target: SshTarget,
  { endpoint, ways, refused }: Attempt,
  context: DialContext,
): Promise<ByteStream> {
  const fail = (problem: string, cause?: unknown) =>
    new DialError(refused + problem, {
      endpoint,
      step: "exec",
      code: "unreachable",
      hint: ways.hint,
      cause,
    });
  for (;;) {
    const slot = await takeSlot(target, endpoint, true, context);
    context.step("exec", ways.command);
    try {
      const { channel, ended } = await opened(slot, endpoint, context, (client, done) => {
        client.exec(ways.command, done);
      }, (channel) => ({ channel, ended: watch(channel) }));
      const stream = duplexStream(channel, { close: () => leave(channel, slot) });
      return explainEnd(stream, async () => {
        const how = await ended();
        return how === undefined ? undefined : fail(`${ways.command} ${how}`);
      });
    } catch (error) {
      // The connection may run as many programs as the server allows (MaxSessions): another one has
      // room.
      const full = error instanceof ChannelRefused && slot.full();
      slot.release();
      if (full) continue;
      if (!(error instanceof ChannelRefused)) throw error;
      throw fail(`it starts no program: ${error.message}`, error);
    }
  }
}

function leave(channel: SshChannel, slot: SshSlot): void {
  channel.close();
  channel.stderr?.resume();
  slot.release();
}

/** The server refuses to open a channel. */
class ChannelRefused extends Error {}

/**
 * @param prepare runs in the same turn, because a program that fails at once may have ended in the
 * next turn
 */
async function opened<T>(
  { link }: SshSlot,
  endpoint: string,
  { signal }: DialContext,
  open: (client: SshClient, done: Opened) => void,
  prepare: (channel: SshChannel) => T,
): Promise<T> {
  const lost = () =>
    new DialError("the ssh connection was lost", {
      endpoint,
      step: "exec",
      code: "unreachable",
      retryable: true,
      hint: "look at the log of the ssh server",
    });
  const opening = openChannel(signal, (done) => {
    open(link.client, (error, channel) => {
      done(error && (link.gone ? lost() : new ChannelRefused(plain(error))), channel);
    });
  }, (channel) => {
    widenWindow(channel);
    return prepare(channel);
  });
  try {
    return await Promise.race([opening, link.closed.then(() => Promise.reject(lost()))]);
  } catch (error) {
    if (signal.aborted) throw interrupted(signal, endpoint, "exec");
    throw error instanceof Error && error.message === "Not connected" ? lost() : error;
  }
}

/** Resolves, once the stream has ended, to the program's failure; undefined for exit code 0. */
function watch(channel: SshChannel): () => Promise<string | undefined> {
  const tail = stderrTail();
  let end: Ending | undefined;
  const { promise: closed, resolve: close } = Promise.withResolvers<void>();
  channel.stderr.on("data", (bytes: Uint8Array) => tail.add(bytes));
  channel.on("exit", (code: number | null, signal?: string) => {
    end = { code: code ?? 0, signal };
  });
  channel.on("close", close);
  return async () => {
    // Exit code and stderr may arrive after the end of stdout, but before the close.
    await within(closed, EXIT_WAIT_MS);
    return end && hasFailed(end) ? describeEnding(end, tail.text()) : undefined;
  };
}
