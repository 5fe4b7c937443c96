/**
 * Certificates of hosts in ssh2, which knows none: how they are asked for, and how ssh2 is brought to
 * verify the host's signature with the key that is in one. Both reach into ssh2's insides, so its
 * version is fixed in deno.json. What could go wrong there ends the connection: the signature is of
 * the whole exchange, and is verified by ssh2 itself in every case.
 */
import { Buffer } from "node:buffer";
import { parseSignature } from "./certificate.ts";
import { keyType } from "./known_hosts.ts";
import type { Verify } from "./host_key.ts";
import type { Ssh2, SshClient } from "./ssh2.ts";

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

interface Insides {
  readonly _protocol: {
    _offer: Offer;
    _kex: Exchange;
  };
}

interface Exchange {
  readonly negotiated: { serverHostKey: string };
  _hostKey: unknown;
}

/**
 * Right after `connect`, before anything has come from the server.
 * @param algorithms all that hosts' keys may be of, certificates among them
 */
export function offerCertificates(client: SshClient, algorithms: readonly string[]): void {
  const protocol = (client as unknown as Insides)._protocol;
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

/** The algorithms of certificates of RSA, by what their first string says; RFC 8332 has it so for keys. */
const RSA = /^(rsa-sha2-(?:256|512))-cert-v01@openssh\.com$/;

/**
 * ssh2 wants the host's key to begin with the name that was negotiated, which for certificates of RSA
 * it doesn't: that of the hash is kept apart for the signature.
 */
function expectRsa(protocol: Insides["_protocol"]): void {
  let exchange = protocol._kex;
  Object.defineProperty(protocol, "_kex", {
    get: () => exchange,
    set(next: Exchange | undefined) {
      exchange = next!;
      const [, signature] = RSA.exec(next?.negotiated?.serverHostKey ?? "") ?? [];
      if (signature === undefined) return;
      next!.negotiated.serverHostKey = "ssh-rsa-cert-v01@openssh.com";
      signatures.set(next!, signature);
    },
  });
}

const signatures = new WeakMap<Exchange, string>();

/**
 * When the server has shown a certificate, and in the same turn. The exchange's hash is
 * made of the certificate as it came (RFC 4253 §8, `K_S`), which is read once; the signature is then
 * verified by what is read after it, the key.
 */
export function useKeyOf(client: SshClient, certificate: Uint8Array, key: Uint8Array): void {
  const exchange = (client as unknown as Insides)._protocol._kex;
  const values = [Buffer.from(certificate)];
  exchange.negotiated.serverHostKey = signatures.get(exchange) ?? keyType(key);
  Object.defineProperty(exchange, "_hostKey", {
    get: () => values.shift() ?? Buffer.from(key),
    // ssh2 sets it again as it goes on.
    set: () => {},
  });
}

/** Verifies by ssh2's own keys. SHA-1 is not taken. */
export function verifier(ssh2: Ssh2): Verify {
  const hashes: Record<string, string | undefined> = {
    "rsa-sha2-256": "sha256",
    "rsa-sha2-512": "sha512",
  };
  return (key, data, signature) => {
    const { algorithm, bytes } = parseSignature(signature);
    const type = keyType(key);
    const hash = hashes[algorithm];
    if (type === "ssh-rsa" ? hash === undefined : algorithm !== type) return false;
    const parsed = ssh2.utils.parseKey(`${type} ${key.toBase64()}`);
    if (parsed instanceof Error || Array.isArray(parsed)) return false;
    return parsed.verify(data, bytes, hash) === true;
  };
}
