/** One ssh connection, on which channels are opened. */
import { acknowledge } from "./acknowledge.ts";
import { askOnTerminal, sshAuth } from "./auth.ts";
import { offerCertificates, useKeyOf, verifier } from "./certificate_hook.ts";
import { hostKeyIn, hostKeysOf } from "./host_key.ts";
import { duplexStream } from "../_duplex_stream.ts";
import { socketOf } from "./socket.ts";
import type { SshTarget } from "./target.ts";
import { carryCertificates } from "./user_certificate.ts";
import { loadSsh2, type SshChannel, type SshClient, type SshError } from "./ssh2.ts";
import { connectTcp, formatHostPort } from "../_tcp_connect.ts";
import { type ByteStream, streamOf } from "../byte_stream.ts";
import { DialError } from "../errors.ts";
import type { DialContext } from "../transport.ts";

/** An open connection. */
export interface SshLink {
  readonly client: SshClient;
  /** Resolves when the connection is gone. */
  readonly closed: Promise<void>;
  /** True from then on. */
  readonly gone: boolean;
  close(): void;
}

/** chacha20 first: in JavaScript it is twice as fast as AES. */
const CIPHERS = [
  "chacha20-poly1305@openssh.com",
  "aes128-ctr",
  "aes256-ctr",
  "aes128-gcm@openssh.com",
  "aes256-gcm@openssh.com",
];

/** What is asked of a silent server, and how often, until it counts as lost: after 45 s. */
const KEEPALIVE = { keepaliveInterval: 15_000, keepaliveCountMax: 3 };

/**
 * Connects to a host, by way of its jump hosts, and authenticates.
 * Throws `DialError`, or the signal's reason.
 */
export async function openLink(
  target: SshTarget,
  endpoint: string,
  context: DialContext,
): Promise<SshLink> {
  const hops: SshLink[] = [];
  const close = () => hops.toReversed().forEach((hop) => hop.close());
  const path = [...target.jumps, target];
  try {
    for (const [i, hop] of path.entries()) {
      const shown = i === path.length - 1
        ? endpoint
        : `${endpoint} (at its jump host ${formatHostPort(hop)})`;
      hops.push(await openHop(hop, shown, hops.at(-1), context));
    }
  } catch (error) {
    close();
    throw error;
  }
  const last = hops.at(-1)!;
  // What the jump hosts hold is of no use without the last.
  void last.closed.then(close);
  return {
    client: last.client,
    closed: last.closed,
    get gone() {
      return last.gone;
    },
    close,
  };
}

async function openHop(
  target: SshTarget,
  endpoint: string,
  through: SshLink | undefined,
  context: DialContext,
): Promise<SshLink> {
  const { signal, log } = context;
  const where = formatHostPort(target);
  const ssh2 = await loadSsh2();
  const keys = await hostKeysOf(target, endpoint, verifier(ssh2));
  signal.throwIfAborted();
  const client = new ssh2.Client();
  let loggedIn = false;
  const socket = await socketOf(
    through === undefined
      ? await connect(target, endpoint, context)
      : await forward(through.client, target, endpoint, signal),
    () => loggedIn && acknowledge(client),
  );
  context.step("authenticate", `${target.user} at ${where}`);
  const { asking = (ask) => ask() } = context;
  const auth = sshAuth(ssh2, target, (file) => asking(() => askOnTerminal(file)));
  let gone = false;
  let refusal: unknown;
  const { promise: closed, resolve: end } = Promise.withResolvers<void>();
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
  const close = () => {
    gone = true;
    client.end();
    socket.destroy();
    end();
  };
  const abort = () => {
    reject(signal.reason);
    close();
  };
  socket.on("error", () => {});
  client.on("ready", resolve);
  client.on("error", (error) => {
    log(`ssh ${where}: ${error.message}`);
    // An agent that fails is one way in less.
    if (error.level !== "agent") reject(error);
  });
  client.on("close", () => {
    reject(new HungUp("the server closed the connection"));
    gone = true;
    end();
  });
  signal.addEventListener("abort", abort, { once: true });
  client.connect({
    sock: socket,
    username: target.user,
    // The dial has a time limit of its own.
    readyTimeout: 0,
    ...KEEPALIVE,
    strictVendor: false,
    algorithms: { cipher: CIPHERS, serverHostKey: keys.algorithms },
    hostVerifier: (bytes: Uint8Array, accept: (good: boolean) => void) => {
      const shown = new Uint8Array(bytes);
      // ssh2 may verify the signature before we are through: the key must be in place by then.
      const key = hostKeyIn(shown);
      if (key !== shown) useKeyOf(client, shown, key);
      keys.check(shown).then(() => gone || accept(true), (error) => {
        refusal = error;
        if (!gone) accept(false);
      });
    },
    authHandler: (_left: unknown, _partial: unknown, next: (auth: unknown) => void) => {
      auth.next().then(next, (error) => {
        refusal = error;
        next(false);
      });
    },
  });
  if (keys.certified) offerCertificates(client);
  carryCertificates(client);
  try {
    await ready;
    loggedIn = true;
    return {
      client,
      closed,
      get gone() {
        return gone;
      },
      close,
    };
  } catch (error) {
    close();
    if (signal.aborted) throw signal.reason;
    if (refusal !== undefined) throw refusal;
    throw explain(error as SshError, target, endpoint, auth);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

async function connect(
  target: SshTarget,
  endpoint: string,
  context: DialContext,
): Promise<ByteStream> {
  const conn = await connectTcp(target, endpoint, context);
  // Without it a small write waits for the answer to the one before: 4 MiB/s.
  conn.setNoDelay(true);
  conn.setKeepAlive(true);
  return streamOf(conn);
}

/** A TCP connection from a jump host. */
async function forward(
  client: SshClient,
  target: SshTarget,
  endpoint: string,
  signal: AbortSignal,
): Promise<ByteStream> {
  const { promise, resolve, reject } = Promise.withResolvers<SshChannel>();
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  client.forwardOut("127.0.0.1", 0, target.host, target.port, (error, channel) => {
    if (error === undefined) return resolve(channel);
    reject(
      new DialError(`the jump host can't reach ${formatHostPort(target)}: ${plain(error)}`, {
        endpoint,
        step: "connect",
        code: "unreachable",
        hint: "check the host and the port as the jump host sees them, and its AllowTcpForwarding",
        // What it could not connect to may be starting; what it may not do stays so.
        retryable: error.reason === CONNECT_FAILED,
        cause: error,
      }),
    );
  });
  try {
    // Not the channel itself as a socket: see `socketOf`.
    const channel = await promise;
    return duplexStream(channel, { close: () => channel.close() });
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** RFC 4254 §5.1: SSH_OPEN_CONNECT_FAILED. */
const CONNECT_FAILED = 2;

class HungUp extends Error {}

function explain(
  error: SshError,
  target: SshTarget,
  endpoint: string,
  auth: ReturnType<typeof sshAuth>,
): DialError {
  const fail = (problem: string, code: DialError["code"], hint: string) =>
    new DialError(problem, { endpoint, step: "authenticate", code, hint, cause: error });
  if (error.level === "client-authentication" || auth.tried.length > 0) {
    const problem = auth.problem();
    const tried = auth.tried.length === 0 ? "there is no key to try" : auth.tried.join("; ");
    return fail(
      `the server refused user ${target.user}: ${tried}`,
      "unauthenticated",
      problem?.hint ??
        "give the key that the server knows as ?identity=FILE, in ~/.ssh/config, or to the agent",
    );
  }
  // A server that restarts, or has too many logins under way (MaxStartups), hangs up on us.
  const hungUp = error instanceof HungUp || error.code === "ECONNRESET" ||
    /^Connection lost before handshake/.test(error.message);
  return new DialError(`the ssh handshake failed: ${plain(error)}`, {
    endpoint,
    step: "authenticate",
    code: "unreachable",
    hint: "check that an ssh server listens on this port",
    retryable: hungUp,
    cause: error,
  });
}

/** ssh2 puts its own name before what the server said. */
export function plain(error: Error): string {
  return error.message.replace(/^\(SSH\) (Channel open failure: )?/, "");
}
