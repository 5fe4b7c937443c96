/**
 * An ssh agent, by its own protocol (draft-miller-ssh-agent §4), for the certificates that it holds:
 * ssh2's client of agents passes over what it can't parse. A message is its length, a type and a body.
 */
import { stringsIn, stringsOf } from "./wire.ts";

const REQUEST_IDENTITIES = 11;
const IDENTITIES_ANSWER = 12;
const SIGN_REQUEST = 13;
const SIGN_RESPONSE = 14;
/** A flag of the request: sign by SHA-512. */
export const RSA_SHA2_512 = 4;
/** Longer answers are no answers. */
const LONGEST = 1 << 20;

/** The public halves that an agent has, as they are on the wire; certificates are among them. */
export async function agentIdentities(path: string): Promise<Uint8Array[]> {
  const answer = await ask(path, REQUEST_IDENTITIES, new Uint8Array(0), IDENTITIES_ANSWER);
  // A count, then key and comment by turns.
  return stringsIn(answer.subarray(4)).filter((_, i) => i % 2 === 0);
}

/** Has the agent sign with the key behind `blob`; the signature has its algorithm in it. */
export async function agentSign(
  path: string,
  blob: Uint8Array,
  data: Uint8Array,
  flags: number,
): Promise<Uint8Array> {
  const body = new Uint8Array([...stringsOf([blob, data]), 0, 0, 0, flags]);
  const [signature] = stringsIn(await ask(path, SIGN_REQUEST, body, SIGN_RESPONSE));
  if (signature === undefined) throw new Error("the agent's answer holds no signature");
  return signature;
}

async function ask(
  path: string,
  type: number,
  body: Uint8Array,
  expected: number,
): Promise<Uint8Array> {
  using agent = await Deno.connect({ transport: "unix", path });
  const request = stringsOf([Uint8Array.from([type, ...body])]);
  for (let at = 0; at < request.length;) at += await agent.write(request.subarray(at));
  const head = await readExactly(agent, 5);
  const length = new DataView(head.buffer).getUint32(0);
  if (length < 1 || length > LONGEST) throw new Error("the agent's answer is too long");
  const rest = await readExactly(agent, length - 1);
  if (head[4] !== expected) throw new Error("the agent refused");
  return rest;
}

async function readExactly(from: Deno.Conn, count: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(count);
  for (let at = 0; at < count;) {
    const got = await from.read(bytes.subarray(at));
    if (got === null) throw new Error("the agent hung up");
    at += got;
  }
  return bytes;
}
