/**
 * Everything that uses ssh2's private fields, because ssh2 has no function for it. deno.json fixes
 * ssh2's version, and `ssh2_internals_test.ts` fails when these fields change. A mistake here ends
 * the connection: ssh2 itself always verifies the host's signature of the whole exchange.
 */
import { Buffer } from "node:buffer";
import { keyType } from "./keys/public_key.ts";
import type { RsaHash } from "./keys/signing_key.ts";
import { string, stringsOf } from "./keys/wire.ts";
import type { Ssh2, SshChannel, SshClient, SshKey } from "./ssh2.ts";

/** The private fields of a client that fairlead uses. */
export interface Internals {
  readonly _protocol: Protocol;
}

interface Protocol {
  /** Receives each packet. */
  _debug: unknown;
  /** Set during a key exchange: nothing else may be sent then. */
  readonly _kexinit: unknown;
  /** The algorithms that are offered in the key exchange. */
  _offer: Offer;
  /** The exchange that is under way. */
  _kex: Exchange | undefined;
  readonly _packetRW: { readonly write: Writer };
  readonly _cipher: { encrypt(packet: Uint8Array): void };
  /** Writes a login request. */
  authPK(user: string, key: SshKey, algorithm?: string, sign?: SignRequest): void;
}

type SignRequest = (data: Uint8Array, done: (signature: Uint8Array) => void) => void;

interface Writer {
  readonly allocStart: number;
  alloc(size: number): Uint8Array;
  finalize(packet: Uint8Array, force?: boolean): Uint8Array;
}

interface List {
  readonly array: readonly string[];
}

interface Directed {
  readonly cipher: List;
  readonly mac: List;
  readonly compress: List;
  readonly lang: List;
}

interface Offer {
  readonly lists: {
    readonly kex: List;
    readonly serverHostKey: List;
    readonly cs: Directed;
    readonly sc: Directed;
  };
}

interface Exchange {
  readonly negotiated: { serverHostKey: string };
  _hostKey: unknown;
}

function protocolOf(client: SshClient): Protocol {
  return (client as unknown as Internals)._protocol;
}

/** Turns off ssh2's debugging texts, which ssh2 would format for every packet. */
export function silence(client: SshClient): void {
  protocolOf(client)._debug = undefined;
}

const SSH_MSG_IGNORE = 2;

/**
 * Makes this machine acknowledge at once the bytes that came from an ssh server. sshd leaves
 * Nagle's algorithm on (RFC 896); it turns the algorithm off when a session starts a program. For a
 * forwarded socket sshd therefore holds back each small packet, such as HTTP/2's window updates,
 * until the last packet is acknowledged. This machine delays acknowledgements by 40 ms while it has
 * nothing to send. An upload stood still for most of its time. SSH_MSG_IGNORE (RFC 4253, section
 * 11.2) is something to send.
 *
 * To be called only after the login.
 */
export function acknowledge(client: SshClient): void {
  const { _kexinit, _packetRW: { write }, _cipher } = protocolOf(client);
  if (_kexinit !== undefined) return;
  // The packet is its type and an empty string.
  const packet = write.alloc(5);
  packet.fill(0, write.allocStart, write.allocStart + 5);
  packet[write.allocStart] = SSH_MSG_IGNORE;
  _cipher.encrypt(write.finalize(packet));
}

/**
 * Asks for host certificates, which ssh2 doesn't know. To be called right after `connect`, before
 * the server has sent anything.
 * @param algorithms all types of host keys, including certificates
 */
export function offerCertificates(client: SshClient, algorithms: readonly string[]): void {
  const protocol = protocolOf(client);
  expectRsa(protocol);
  const { lists } = protocol._offer;
  const Offer = protocol._offer.constructor as new (lists: unknown) => Offer;
  const arrays = ({ cipher, mac, compress, lang }: Directed) => ({
    cipher: cipher.array,
    mac: mac.array,
    compress: compress.array,
    lang: lang.array,
  });
  protocol._offer = new Offer({
    kex: lists.kex.array,
    serverHostKey: algorithms,
    cs: arrays(lists.cs),
    sc: arrays(lists.sc),
  });
}

/** RSA certificates are negotiated by the name of their hash, as keys are by RFC 8332. */
const RSA = /^(rsa-sha2-(?:256|512))-cert-v01@openssh\.com$/;

/**
 * ssh2 expects the host's key to begin with the negotiated name. RSA certificates begin with
 * another name, so the hash's name is kept for the signature.
 */
function expectRsa(protocol: Protocol): void {
  let exchange = protocol._kex;
  Object.defineProperty(protocol, "_kex", {
    get: () => exchange,
    set(next: Exchange | undefined) {
      exchange = next;
      const [, signature] = RSA.exec(next?.negotiated?.serverHostKey ?? "") ?? [];
      if (signature === undefined) return;
      next!.negotiated.serverHostKey = "ssh-rsa-cert-v01@openssh.com";
      signatures.set(next!, signature);
    },
  });
}

const signatures = new WeakMap<Exchange, string>();

/**
 * Makes ssh2 verify the host's signature with the key in a certificate. To be called in the same
 * turn in which the server shows the certificate. The exchange's hash covers the certificate as
 * received (RFC 4253, section 8, `K_S`), which ssh2 reads once. Each later read gives the key.
 */
export function useKeyOf(client: SshClient, certificate: Uint8Array, key: Uint8Array): void {
  const exchange = protocolOf(client)._kex!;
  const values = [Buffer.from(certificate)];
  exchange.negotiated.serverHostKey = signatures.get(exchange) ?? keyType(key);
  Object.defineProperty(exchange, "_hostKey", {
    get: () => values.shift() ?? Buffer.from(key),
    // ssh2 sets the field again later.
    set: () => {},
  });
}

/** Makes a signature in wire format: its algorithm's name, then its bytes. */
export type Sign = (data: Uint8Array, hash: RsaHash) => Promise<Uint8Array>;

/**
 * A login by a public key (RFC 4252, section 7). ssh2's own keys and agents support no certificates
 * and no security keys, and only some formats of private keys.
 */
interface Login {
  /** A public key or a certificate, in wire format. */
  readonly blob: Uint8Array;
  /**
   * The algorithm's name in the request; for `ssh-rsa`, ssh2 chooses a hash that the server
   * supports.
   */
  readonly algorithm: string;
  /** Signs once the server has accepted the key. */
  readonly sign: Sign;
}

const login = Symbol("login");

/** A key of ssh2's own class: ssh2 accepts no other. */
interface LoginKey extends SshKey {
  readonly [login]: Login;
  failure: Error;
}

/** A failed signature: ssh2 emits this error, and continues with the next login. */
export class SigningFailed extends Error {}

/** Makes the key of a login, as ssh2's `authHandler` expects it. */
export function loginKey(ssh2: Ssh2, of: Login): SshKey {
  const blob = stringsOf(["ssh-ed25519", new Uint8Array(32)]);
  const key = ssh2.utils.parseKey(`ssh-ed25519 ${blob.toBase64()}`) as SshKey;
  return Object.create(key, {
    type: { value: of.algorithm },
    getPublicSSH: { value: () => Buffer.from(of.blob) },
    isPrivateKey: { value: () => true },
    sign: {
      value(this: LoginKey) {
        return this.failure;
      },
    },
    failure: { value: new SigningFailed(), writable: true },
    [login]: { value: of },
  });
}

/**
 * Writes fairlead's signatures into login requests. ssh2 would write the request's algorithm before
 * a signature, which is wrong for a certificate. It also has no field for a security key's
 * additions (OpenSSH's PROTOCOL.u2f):
 *
 *     byte 50, user, "ssh-connection", "publickey", TRUE, ALGORITHM, public half or certificate,
 *     string { string NAME, string signature [, byte flags, uint32 counter] }
 *
 * To be called right after `connect`.
 */
export function carryLogins(client: SshClient): void {
  const protocol = protocolOf(client);
  const authPK = protocol.authPK;
  protocol.authPK = function (user, key, algorithm, request) {
    const own = key as LoginKey;
    if (!own[login] || request === undefined) {
      return authPK.call(this, user, key, algorithm, request);
    }
    authPK.call(this, user, key, algorithm, (data, done) => {
      own[login].sign(data, hashOf(algorithm ?? key.type)).then((signature) => {
        const { write } = this._packetRW;
        const { finalize } = write;
        write.finalize = (packet, force) => {
          write.finalize = finalize;
          return finalize.call(write, withSignature(packet, write, signature), force);
        };
        done(signature);
      }, (cause) => {
        own.failure = new SigningFailed(String(cause), { cause });
        // ssh2 asks the key for its signature, and gets the error.
        request(data, done);
      });
    });
  };
}

/** The hash of RSA signatures by a request's algorithm; other keys have a fixed hash. */
function hashOf(algorithm: string): RsaHash {
  return algorithm === "ssh-rsa"
    ? "SHA-1"
    : algorithm.startsWith("rsa-sha2-256")
    ? "SHA-256"
    : "SHA-512";
}

/** Replaces a request's signature. */
function withSignature(packet: Uint8Array, write: Writer, signature: Uint8Array): Uint8Array {
  const start = write.allocStart;
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  const next = (at: number) => at + 4 + view.getUint32(at);
  // User, service and method come first; then the flag, the algorithm's name and the public half.
  const flag = next(next(next(start + 1)));
  const at = next(next(flag + 1));
  const end = string(signature);
  const head = packet.subarray(start, at);
  const whole = write.alloc(head.length + end.length);
  whole.set(head, start);
  whole.set(end, start + head.length);
  return whole;
}

/**
 * The bytes of a channel's window besides ssh2's own 2 MiB (`MAX_WINDOW` in its `Channel.js`). With
 * these alone, 20 MB/s pass at a round trip of 100 ms. At most so many wait here for a slow reader.
 */
const MORE = 14 << 20;

/** The private fields of a channel that are used here. */
export interface ChannelInternals {
  readonly incoming: { window: number };
  readonly outgoing: { readonly id: number };
  readonly _client: {
    readonly _protocol: { channelWindowAdjust(channel: number, bytes: number): void };
  };
}

/**
 * Widens a channel's receive window: grants the server more, and leaves ssh2 to count in its own
 * window. ssh2 sees the bytes of the wide window beyond the additional ones. It sees at least one,
 * because it drops data at 0.
 */
export function widenWindow(channel: SshChannel): void {
  const { incoming, outgoing, _client } = channel as unknown as ChannelInternals;
  let left = incoming.window + MORE;
  const shown = () => Math.max(1, left - MORE);
  Object.defineProperty(incoming, "window", {
    get: shown,
    set: (value: number) => left += value - shown(),
  });
  _client._protocol.channelWindowAdjust(outgoing.id, MORE);
}
