/** Opens the stream of an ssh connection: TCP, a program's stdio, or a channel of a jump host. */
import { startProgram } from "../net/program.ts";
import { duplexStream } from "../net/duplex_stream.ts";
import { plain } from "./explain.ts";
import { type ChannelError, openChannel, type SshClient } from "./ssh2.ts";
import type { SshTarget } from "./target.ts";
import { connectTcp, formatHostPort } from "../net/tcp_connect.ts";
import { type ByteStream, streamOf } from "../byte_stream.ts";
import { DialError } from "../errors.ts";
import type { DialContext } from "../transport.ts";

/** Connects by TCP, or by the configured program. */
export async function connect(
  target: SshTarget,
  endpoint: string,
  context: DialContext,
): Promise<ByteStream> {
  if (target.proxyCommand !== undefined) return startProxy(target.proxyCommand, endpoint, context);
  const conn = await connectTcp(target, endpoint, context).catch((error) => {
    if (!(error instanceof DialError) || !error.problem.startsWith("connection refused")) {
      throw error;
    }
    throw error.withHint(
      `check that an ssh server listens on ${formatHostPort(target)}: the port of ssh:// is the ` +
        "ssh server's, not the daemon's",
    );
  });
  // With Nagle's algorithm, a small write waits for the answer to the last one: 4 MiB/s.
  conn.setNoDelay(true);
  conn.setKeepAlive(true);
  return streamOf(conn);
}

/** Opens a TCP connection from a jump host. */
export async function forward(
  client: SshClient,
  target: SshTarget,
  endpoint: string,
  signal: AbortSignal,
): Promise<ByteStream> {
  return await openChannel(signal, (opened) => {
    client.forwardOut("127.0.0.1", 0, target.host, target.port, (error, channel) => {
      opened(error && cannotReach(target, endpoint, error), channel);
    });
    // The channel itself can't be the socket: see `socketOf`.
  }, (channel) => duplexStream(channel, { close: () => channel.close() }));
}

function cannotReach(
  target: SshTarget,
  endpoint: string,
  error: ChannelError,
): DialError {
  return new DialError(`the jump host can't reach ${formatHostPort(target)}: ${plain(error)}`, {
    endpoint,
    step: "connect",
    code: "unreachable",
    hint: "check the host and the port as the jump host sees them, and its AllowTcpForwarding",
    // A host that refused the connection may be starting. A prohibition is permanent.
    retryable: error.reason === CONNECT_FAILED,
    cause: error,
  });
}

/** RFC 4254 §5.1: SSH_OPEN_CONNECT_FAILED. */
const CONNECT_FAILED = 2;

/**
 * As OpenSSH does, replaces the user's shell by the command (`exec`), so that only one process must
 * be ended.
 */
function startProxy(command: string, endpoint: string, context: DialContext): ByteStream {
  const shell = context.env("SHELL") || "/bin/sh";
  return startProgram({
    endpoint,
    program: shell,
    args: ["-c", `exec ${command}`],
    shown: `ProxyCommand ${command}`,
    absentHint: "check the variable SHELL",
    hint: () => "run the command by hand: it must pass bytes to an ssh server and back",
  }, context);
}
