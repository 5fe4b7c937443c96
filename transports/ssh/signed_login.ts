/**
 * Logging in with what ssh2 doesn't know: a certificate, a key in a security key that an agent holds,
 * or one that is unlocked when the server would take it. To ssh2 either is a key of an agent of ours, with that type and that public half; what it
 * can't write is the signature in the request (RFC 4252 §7), which bears the name of a certificate's
 * own key, and has more in it where a security key made it (OpenSSH's PROTOCOL.u2f):
 *
 *     byte 50, user, "ssh-connection", "publickey", TRUE, ALGORITHM, public half or certificate,
 *     string { string NAME, string signature [, byte flags, uint32 counter] }
 *
 * So its packet is written anew. This reaches into ssh2's insides, as `certificate_hook.ts` does.
 */
import { Buffer } from "node:buffer";
import { agentSign, RSA_SHA2_512 } from "./agent.ts";
import { loginAlgorithm, type SshCertificate } from "./certificate.ts";
import type { NextAuth } from "./auth.ts";
import type { Ssh2, SshAgent, SshClient, SshKey } from "./ssh2.ts";
import { stringsOf } from "./wire.ts";

/** What is offered, and what makes signatures for it. */
export interface Login {
  /** A public key, or a certificate, as it is on the wire. */
  readonly blob: Uint8Array;
  /** What the request calls it. */
  readonly algorithm: string;
  /** The signature as it is on the wire, its own name in it. */
  sign(data: Uint8Array): Promise<Uint8Array>;
}

/** Signs with a private key. Throws what it met. */
export function signWithKey(key: SshKey, of: Pick<SshCertificate, "type">): Login["sign"] {
  const { type } = of;
  return (data) => {
    const signature = key.sign(data, type === "ssh-rsa" ? "sha512" : undefined);
    if (signature instanceof Error) throw signature;
    const bare = type.startsWith("ecdsa-") ? fromDer(signature) : signature;
    const name = new TextEncoder().encode(loginAlgorithm(of).signature);
    return Promise.resolve(stringsOf([name, bare]));
  };
}

/** Has the agent at a socket sign with the key behind `blob`, which is of this type. */
export function signWithAgent(path: string, blob: Uint8Array, type: string): Login["sign"] {
  return (data) => agentSign(path, blob, data, type === "ssh-rsa" ? RSA_SHA2_512 : 0);
}

/** What ssh2 tries next. */
export function loginBy(ssh2: Ssh2, username: string, login: Login): NextAuth {
  const key: SshKey = Object.create(anyKey(ssh2), {
    type: { value: login.algorithm },
    getPublicSSH: { value: () => Buffer.from(login.blob) },
    [OURS]: { value: true },
  });
  // ssh2 takes its own agents alone; this one is never connected.
  const agent: SshAgent = Object.create(ssh2.createAgent("/"));
  agent.getIdentities = (done) => done(null, [key]);
  agent.sign = (_key, data, _options, done) => {
    login.sign(data).then((signature) => done(null, Buffer.from(signature)), done);
  };
  return { type: "agent", username, agent };
}

/** ssh2 takes its own keys alone. */
function anyKey(ssh2: Ssh2): SshKey {
  const type = "ssh-ed25519";
  const blob = stringsOf([new TextEncoder().encode(type), new Uint8Array(32)]);
  return ssh2.utils.parseKey(`${type} ${blob.toBase64()}`) as SshKey;
}

/** Marks a key of ours. */
const OURS = Symbol("login");

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

/** Right after `connect`: requests of ours are written as servers want them. */
export function carryLogins(client: SshClient): void {
  const protocol = (client as unknown as Insides)._protocol;
  const authPK = protocol.authPK;
  protocol.authPK = function (user, key, algorithm, sign) {
    if (!(key as { [OURS]?: true })[OURS] || sign === undefined) {
      return authPK.call(this, user, key, algorithm, sign);
    }
    authPK.call(this, user, key, algorithm, (data, done) => {
      sign(data, (signature) => {
        const { write } = this._packetRW;
        const { finalize } = write;
        write.finalize = (packet, force) => {
          write.finalize = finalize;
          return finalize.call(write, withSignature(packet, write, signature), force);
        };
        done(signature);
      });
    });
  };
}

/** The same request with this signature. */
function withSignature(packet: Uint8Array, write: Writer, signature: Uint8Array): Uint8Array {
  const start = write.allocStart;
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  const next = (at: number) => at + 4 + view.getUint32(at);
  // User, service and method; then the flag, the algorithm's name and the public half.
  const flag = next(next(next(start + 1)));
  const at = next(next(flag + 1));
  const end = stringsOf([signature]);
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
