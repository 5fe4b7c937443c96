/**
 * Logging in by a certificate with ssh2, which knows none. To it a certificate is a key of an agent
 * of ours, whose type and public half are the certificate's; what it doesn't know is that the
 * signature in the request (RFC 4252 §7) bears the name of the key's own algorithm:
 *
 *     byte 50, user, "ssh-connection", "publickey", TRUE, NAME-cert-v01@openssh.com, certificate,
 *     string { string NAME, string signature }
 *
 * It writes the certificate's name there, too, so its packet is written anew. This reaches into
 * ssh2's insides, as `certificate_hook.ts` does.
 */
import { Buffer } from "node:buffer";
import { agentSign, RSA_SHA2_512 } from "./agent.ts";
import { loginAlgorithm, type SshCertificate } from "./certificate.ts";
import type { NextAuth } from "./auth.ts";
import type { Ssh2, SshAgent, SshClient, SshKey } from "./ssh2.ts";
import { stringsIn, stringsOf } from "./wire.ts";

/** A certificate, and what makes signatures with its key: the raw ones, as they are on the wire. */
export interface Login {
  readonly blob: Uint8Array;
  readonly certificate: SshCertificate;
  sign(data: Uint8Array): Promise<Uint8Array>;
}

/** Signs with a private key. Throws what it met. */
export function signWithKey(key: SshKey, { type }: SshCertificate): Login["sign"] {
  return (data) => {
    const signature = key.sign(data, type === "ssh-rsa" ? "sha512" : undefined);
    if (signature instanceof Error) throw signature;
    return Promise.resolve(type.startsWith("ecdsa-") ? fromDer(signature) : signature);
  };
}

/** Has the agent at a socket sign with the key behind `blob`. */
export function signWithAgent(
  path: string,
  blob: Uint8Array,
  { type }: SshCertificate,
): Login["sign"] {
  return async (data) => {
    const flags = type === "ssh-rsa" ? RSA_SHA2_512 : 0;
    const [, signature] = stringsIn(await agentSign(path, blob, data, flags));
    return signature ?? new Uint8Array(0);
  };
}

/** What ssh2 tries next; undefined for a certificate of a kind that it can't carry. */
export function loginBy(ssh2: Ssh2, username: string, login: Login): NextAuth | undefined {
  const { blob, certificate } = login;
  const plain = ssh2.utils.parseKey(`${certificate.type} ${certificate.key.toBase64()}`);
  if (plain instanceof Error || Array.isArray(plain)) return undefined;
  const { name } = loginAlgorithm(certificate);
  const key: SshKey = Object.create(plain, {
    type: { value: name },
    getPublicSSH: { value: () => Buffer.from(blob) },
    [LOGIN]: { value: certificate },
  });
  // ssh2 takes its own agents alone; this one is never connected.
  const agent: SshAgent = Object.create(ssh2.createAgent("/"));
  agent.getIdentities = (done) => done(null, [key]);
  agent.sign = (_key, data, _options, done) => {
    login.sign(data).then((signature) => done(null, Buffer.from(signature)), done);
  };
  return { type: "agent", username, agent };
}

/** Marks a key of ours. */
const LOGIN = Symbol("certificate");

interface Insides {
  readonly _protocol: {
    authPK(user: string, key: SshKey, algorithm?: string, sign?: Sign): void;
    readonly _packetRW: { readonly write: Writer };
  };
}

type Sign = (data: Uint8Array, done: (signature: Uint8Array) => void) => void;

interface Writer {
  readonly allocStart: number;
  alloc(size: number): Uint8Array;
  finalize: (packet: Uint8Array, force?: boolean) => Uint8Array;
}

/** Right after `connect`: requests with a certificate are written as servers want them. */
export function carryCertificates(client: SshClient): void {
  const protocol = (client as unknown as Insides)._protocol;
  const authPK = protocol.authPK;
  protocol.authPK = function (user, key, algorithm, sign) {
    const certificate = (key as { [LOGIN]?: SshCertificate })[LOGIN];
    if (certificate === undefined || sign === undefined) {
      return authPK.call(this, user, key, algorithm, sign);
    }
    authPK.call(this, user, key, algorithm, (data, done) => {
      sign(data, (signature) => {
        const { write } = this._packetRW;
        const { finalize } = write;
        write.finalize = (packet, force) => {
          write.finalize = finalize;
          return finalize.call(write, renamed(packet, write, certificate), force);
        };
        done(signature);
      });
    });
  };
}

/** The same request, in which the signature bears the name of the key's algorithm. */
function renamed(packet: Uint8Array, write: Writer, certificate: SshCertificate): Uint8Array {
  const start = write.allocStart;
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  const next = (at: number) => at + 4 + view.getUint32(at);
  // User, service and method; then the flag, the algorithm's name and the certificate.
  const flag = next(next(next(start + 1)));
  const at = next(next(flag + 1));
  const [, signature] = stringsIn(packet.subarray(at + 4, next(at)));
  const name = new TextEncoder().encode(loginAlgorithm(certificate).signature);
  const end = stringsOf([stringsOf([name, signature!])]);
  const head = packet.subarray(start, at);
  const whole = write.alloc(head.length + end.length);
  whole.set(head, start);
  whole.set(end, start + head.length);
  return whole;
}

/** A signature of ecdsa as ssh has it, two numbers, from DER: SEQUENCE { INTEGER, INTEGER }. */
function fromDer(der: Uint8Array): Uint8Array {
  let at = der[1]! < 0x80 ? 2 : 3;
  const number = () => {
    const start = at + 2;
    at = start + der[at + 1]!;
    return der.subarray(start, at);
  };
  return stringsOf([number(), number()]);
}
