/** One ssh connection, on which channels are opened. */
import { onAbort } from "../../base/async.ts";
import { askOnTerminal } from "./ask.ts";
import { sshAuth } from "./auth.ts";
import { isCertificate } from "./host_keys/certificate.ts";
import { verifier } from "./host_keys/certificate_signature.ts";
import { hostKeyIn, hostKeysOf } from "./host_keys/host_key.ts";
import { connect, forward } from "./carrier.ts";
import { explain, HungUp } from "./explain.ts";
import { socketOf } from "./socket.ts";
import type { SshTarget } from "./target.ts";
import { loadSsh2, type SshClient, type SshError } from "./ssh2.ts";
import {
  acknowledge,
  carryLogins,
  offerCertificates,
  SigningFailed,
  silence,
  useKeyOf,
} from "./ssh2_internals.ts";
import { sameBytes } from "../../base/bytes.ts";
import { formatHostPort } from "../net/tcp_connect.ts";
import { DialError } from "../errors.ts";
import type { DialContext } from "../transport.ts";

/** An open connection. */
export interface SshLink {
  readonly client: SshClient;
  /** Resolves when the connection is gone. */
  readonly closed: Promise<void>;
  /** True once the connection is gone. */
  readonly gone: boolean;
  close(): void;
}

/** A silent server gets a request every 15 s, and counts as lost after 45 s. */
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
  // The connections to the jump hosts are useless without the last connection.
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
  const limit = connectLimit(target, endpoint, context.signal);
  try {
    return await logIn(target, endpoint, through, { ...context, signal: limit.signal }, limit.end);
  } finally {
    limit.end();
  }
}

/** Applies `ConnectTimeout`, the time until the server has shown its key. */
function connectLimit(
  { connectTimeout }: SshTarget,
  endpoint: string,
  signal: AbortSignal,
): { signal: AbortSignal; end(): void } {
  if (connectTimeout === undefined) return { signal, end() {} };
  const stop = new AbortController();
  const late = () =>
    new DialError(`there was no answer within the ${connectTimeout} s of ConnectTimeout`, {
      endpoint,
      step: "connect",
      code: "timeout",
      hint: "check the host and the network, or raise ConnectTimeout in ssh's configuration",
    });
  const timer = setTimeout(() => stop.abort(late()), connectTimeout * 1000);
  return { signal: AbortSignal.any([signal, stop.signal]), end: () => clearTimeout(timer) };
}

/** @param onTrusted called once the server has shown a key that is trusted */
async function logIn(
  target: SshTarget,
  endpoint: string,
  through: SshLink | undefined,
  context: DialContext,
  onTrusted: () => void,
): Promise<SshLink> {
  const { signal, log } = context;
  const where = formatHostPort(target);
  const ssh2 = await loadSsh2();
  const keys = await hostKeysOf(target, endpoint, verifier(ssh2));
  const plainKeys = keys.algorithms.filter((type) => !isCertificate(type));
  signal.throwIfAborted();
  const client = new ssh2.Client();
  let loggedIn = false;
  const socket = await socketOf(
    through === undefined
      ? await connect(target, endpoint, context)
      : await forward(through.client, target, endpoint, signal),
    () => loggedIn && acknowledge(client),
  );
  if (signal.aborted) {
    // The abort came after the connection, and before the listener below.
    socket.destroy();
    throw signal.reason;
  }
  const doing = (what: string) =>
    context.step("authenticate", `${target.user} at ${where}${what && `, ${what}`}`);
  doing("");
  const { asking = (ask) => ask() } = context;
  const offers = new Map<string, string>();
  const auth = sshAuth(ssh2, target, {
    ask: (...args) => asking(() => askOnTerminal(...args)),
    asking,
    doing,
    signal,
  });
  let gone = false;
  let refusal: unknown;
  let trusted: Uint8Array | undefined;
  const { promise: closed, resolve: end } = Promise.withResolvers<void>();
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
  const close = () => {
    gone = true;
    client.end();
    socket.destroy();
    end();
  };
  socket.on("error", () => {});
  client.on("handshake", () => {
    onTrusted();
    silence(client);
    void keys.keep(context.warn ?? log);
  });
  client.on("ready", resolve);
  client.on("error", (error) => {
    log(`ssh ${where}: ${error.message}`);
    // A failed signature ends only one login attempt.
    if (!(error instanceof SigningFailed)) reject(error);
  });
  client.on("close", () => {
    reject(new HungUp("the server closed the connection"));
    gone = true;
    end();
  });
  using _ = onAbort(signal, () => {
    reject(signal.reason);
    close();
  });
  client.connect({
    sock: socket,
    username: target.user,
    // The dial has a time limit of its own.
    readyTimeout: 0,
    ...KEEPALIVE,
    strictVendor: false,
    debug(line: string) {
      const [, what, list] = /^Handshake: \(remote\) (.*): (.*)$/.exec(line) ?? [];
      if (what !== undefined) offers.set(what, list!);
    },
    algorithms: {
      cipher: target.algorithms.Ciphers,
      hmac: target.algorithms.MACs,
      kex: target.algorithms.KexAlgorithms,
      serverHostKey: plainKeys.length > 0 ? plainKeys : ["ssh-ed25519"],
    },
    hostVerifier: (bytes: Uint8Array, accept: (good: boolean) => void) => {
      const shown = new Uint8Array(bytes);
      // ssh2 may verify the signature before the key has been checked: the certificate's key must
      // be in place by then.
      const key = hostKeyIn(shown);
      if (key !== shown) useKeyOf(client, shown, key);
      // Keys are exchanged again after a GiB, while bytes flow. Then ssh2 needs the answer in this
      // turn: else it sends some of those bytes during the exchange, and the server hangs up.
      if (trusted !== undefined && sameBytes(trusted, shown)) return accept(true);
      keys.check(shown).then(() => {
        trusted = shown;
        if (!gone) accept(true);
      }, (error) => {
        refusal = error;
        if (!gone) accept(false);
      });
    },
    authHandler: (methods: string[] | null, partial: boolean, next: (auth: unknown) => void) => {
      auth.next(methods === null ? undefined : { methods, partial }).then(next, (error) => {
        refusal = error;
        next(false);
      });
    },
  });
  if (plainKeys.length < keys.algorithms.length) offerCertificates(client, keys.algorithms);
  carryLogins(client);
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
    // A proxy program reports itself why it ended.
    if (error instanceof DialError) throw error;
    throw explain(error as SshError, { target, endpoint, auth, offers });
  }
}
