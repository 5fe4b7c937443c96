/**
 * A stand-in for an ssh agent with a security key (`ssh-keygen -t ed25519-sk`), because the machine
 * has no such key. It answers as ssh-agent does, and signs in software as the key would (OpenSSH's
 * PROTOCOL.u2f). The servers that check the signatures are real.
 */
import { stringsIn, stringsOf } from "../../transports/ssh/keys/wire.ts";
import { accept } from "../harness/accept.ts";

export interface SecurityKeyAgent extends AsyncDisposable {
  readonly socket: string;
  /** For authorized_keys. */
  readonly line: string;
  /** How often it was touched. */
  readonly touched: number;
}

const bytes = (text: string) => new TextEncoder().encode(text);
const sha256 = async (data: Uint8Array) =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", data.slice()));

export async function startSecurityKeyAgent(
  type: "ed25519" | "ecdsa",
  socket: string,
): Promise<SecurityKeyAgent> {
  const name = type === "ed25519"
    ? "sk-ssh-ed25519@openssh.com"
    : "sk-ecdsa-sha2-nistp256@openssh.com";
  const algorithm = type === "ed25519"
    ? { name: "Ed25519" }
    : { name: "ECDSA", namedCurve: "P-256" };
  const pair = await crypto.subtle.generateKey(algorithm, true, [
    "sign",
    "verify",
  ]) as CryptoKeyPair;
  const raw = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  const curve = type === "ed25519" ? [] : [bytes("nistp256")];
  const blob = stringsOf([bytes(name), ...curve, raw, bytes("ssh:")]);
  let counter = 0;

  const sign = async (data: Uint8Array): Promise<Uint8Array> => {
    counter++;
    // The flag for the user's presence.
    const state = new Uint8Array([1, 0, 0, 0, counter]);
    const signed = new Uint8Array([
      ...await sha256(bytes("ssh:")),
      ...state,
      ...await sha256(data),
    ]);
    const how = { ...algorithm, hash: "SHA-256" };
    const made = new Uint8Array(await crypto.subtle.sign(how, pair.privateKey, signed));
    const signature = type === "ed25519"
      ? made
      : stringsOf([number(made.subarray(0, 32)), number(made.subarray(32))]);
    return new Uint8Array([...stringsOf([bytes(name), signature]), ...state]);
  };

  const answer = async ([kind, ...body]: Uint8Array): Promise<Uint8Array> => {
    // A request for identities, or for a signature.
    if (kind === 11) {
      return new Uint8Array([12, 0, 0, 0, 1, ...stringsOf([blob, bytes("a key")])]);
    }
    const [, data] = stringsIn(new Uint8Array(body).subarray(0, -4));
    return new Uint8Array([14, ...stringsOf([await sign(data!)])]);
  };

  const listener = Deno.listen({ transport: "unix", path: socket });
  const accepting = accept(listener, async (conn) => {
    let held = new Uint8Array();
    const buffer = new Uint8Array(1 << 16);
    for (let count; (count = await conn.read(buffer)) !== null;) {
      held = new Uint8Array([...held, ...buffer.subarray(0, count)]);
      const size = held.length < 4 ? Infinity : 4 + new DataView(held.buffer).getUint32(0);
      if (held.length < size) continue;
      await conn.write(stringsOf([await answer(held.subarray(4, size))]));
      held = held.slice(size);
    }
  });
  return {
    socket,
    line: `${name} ${blob.toBase64()} a key\n`,
    get touched() {
      return counter;
    },
    ...accepting,
  };
}

/** An mpint (RFC 4251 §5): not negative, and no zeros that aren't needed. */
function number(digits: Uint8Array): Uint8Array {
  const start = digits.findIndex((digit) => digit !== 0);
  const short = digits.subarray(start);
  return short[0]! & 0x80 ? new Uint8Array([0, ...short]) : short;
}
