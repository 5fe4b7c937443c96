/**
 * Checks a host's identity. Only keys that known_hosts holds are accepted, unless the configuration
 * accepts new hosts (`StrictHostKeyChecking accept-new`, `no`).
 */
import { errorText } from "../../../base/error_text.ts";
import { certificateFault, isCertificate, parseCertificate } from "./certificate.ts";
import { judge, type KnownHost, knownHostName, readKnownHosts } from "./known_hosts.ts";
import { fingerprint, keyType, publicKeyLine } from "../keys/public_key.ts";
import type { Verify } from "./certificate_signature.ts";
import { sameBytes } from "../../../base/bytes.ts";
import { shellWord } from "../../../base/shell_word.ts";
import { writeNewHost } from "./new_host.ts";
import { isRevoked } from "./revoked.ts";
import type { SshTarget } from "../target.ts";
import { DialError } from "../../errors.ts";

/** The known keys of a host. */
interface HostKeys {
  /**
   * Types of host keys to ask for. Types of known keys come first, because a key of another type
   * would look unknown. Certificates are included where known_hosts has an authority for this host.
   */
  readonly algorithms: readonly string[];
  /** Throws `DialError` for a key or a certificate that must not be trusted. */
  check(shown: Uint8Array): Promise<void>;
  /** Writes down a new host, once the host has proven that the key is its own. Never rejects. */
  keep(warn: (line: string) => void): Promise<void>;
}

/** The host's own key: the key in its certificate, else the key that it showed. */
export function hostKeyIn(shown: Uint8Array): Uint8Array {
  return parseCertificate(shown)?.key ?? shown;
}

export async function hostKeysOf(
  target: SshTarget,
  endpoint: string,
  verify: Verify,
): Promise<HostKeys> {
  const { host, port, knownAs } = target;
  const known = await linesOf(target, knownAs);
  // As in OpenSSH, a host that is unknown at this port is looked up without the port.
  const elsewhere = port !== 22 && knownAs === knownHostName(host, port)
    ? await linesOf(target, knownHostName(host, 22))
    : [];
  const types = new Set(
    known.filter((line) => line.marker === "")
      .flatMap(({ type }) => type === "ssh-rsa" ? ["rsa-sha2-512", "rsa-sha2-256"] : [type]),
  );
  const certified = [...known, ...elsewhere].some((line) => line.marker === "cert-authority");
  const { HostKeyAlgorithms: all, fixedOrder } = target.algorithms;
  const plain = all.filter((type) => !isCertificate(type));
  const usable = certified || plain.length === 0 ? all : plain;
  const isFirst = (type: string) => fixedOrder || isCertificate(type) || types.has(type);
  // ssh would also accept a host that is known by a key of another type. But anybody can show such
  // a key.
  const takesNew = target.acceptNew && known.every(({ marker }) => marker === "revoked");
  let fresh: Uint8Array | undefined;
  return {
    algorithms: [...usable.filter(isFirst), ...usable.filter((type) => !isFirst(type))],
    async check(shown) {
      await checkRevoked(shown, target, endpoint);
      const by = async (known: readonly KnownHost[]) => {
        const all = { target, endpoint, name: knownAs, known };
        if (isCertificate(keyType(shown))) await checkCertificate(shown, all, verify);
        else await check(shown, all);
      };
      if (elsewhere.length > 0 && isNew(shown, known)) {
        // The error names the host with its port.
        if (await by(elsewhere).then(() => true, () => false)) return;
      }
      if (takesNew && !isCertificate(keyType(shown)) && judge(shown, known).is === "unknown") {
        fresh = shown;
      } else await by(known);
    },
    async keep(warn) {
      if (fresh === undefined) return;
      const key = fresh;
      fresh = undefined;
      const notice = `${endpoint}: the host key of ${knownAs} is new, and ` +
        `StrictHostKeyChecking accepts it: ${keyType(key)} ${await fingerprint(key)}; `;
      const { newHosts: file, hashKnownHosts: hashed } = target;
      if (file === undefined) return warn(`${notice}no file stores it`);
      try {
        await writeNewHost({ file, name: knownAs, key, hashed });
        warn(`${notice}it was added to ${file}`);
      } catch (error) {
        warn(`${notice}it can't be written to ${file}: ${(error as Error).message}`);
      }
    },
  };
}

function denied(endpoint: string, problem: string, hint: string): DialError {
  return new DialError(problem, { endpoint, step: "authenticate", code: "denied", hint });
}

async function linesOf({ knownHosts }: SshTarget, name: string): Promise<KnownHost[]> {
  const known: KnownHost[] = [];
  for (const file of knownHosts) {
    const text = await Deno.readTextFile(file).catch(() => "");
    known.push(...await readKnownHosts(text, file, name));
  }
  return known;
}

/** Whether nothing is known of the host, except perhaps an authority that did not sign this key. */
function isNew(shown: Uint8Array, known: readonly KnownHost[]): boolean {
  const authority = parseCertificate(shown)?.authority;
  const { is } = judge(hostKeyIn(shown), known);
  return (is === "unknown" || is === "certified") &&
    !(authority !== undefined && known.some(({ key }) => sameBytes(key, authority)));
}

async function checkRevoked(
  shown: Uint8Array,
  { knownAs, revokedHostKeys }: SshTarget,
  endpoint: string,
): Promise<void> {
  for (const file of revokedHostKeys) {
    let revoked: boolean;
    try {
      revoked = await isRevoked(shown, await Deno.readFile(file));
    } catch (error) {
      const why = errorText(error);
      throw denied(
        endpoint,
        `the revoked keys of RevokedHostKeys ${file} can't be read, so no host is trusted: ${why}`,
        "give that file, or remove RevokedHostKeys from ssh's configuration",
      );
    }
    if (!revoked) continue;
    const key = hostKeyIn(shown);
    throw denied(
      endpoint,
      `the host key of ${knownAs} is revoked by ${file}: ${keyType(key)} ${await fingerprint(key)}`,
      "do not connect; ask the host's owner for its new key",
    );
  }
}

/** Throws `DialError` unless the certificate is good, or its key is known by itself. */
async function checkCertificate(shown: Uint8Array, all: Known, verify: Verify): Promise<void> {
  const { target, endpoint, name, known } = all;
  const certificate = parseCertificate(shown);
  const refuse = (fault: string) =>
    denied(
      endpoint,
      `the certificate of ${name} can't be trusted: ${fault}`,
      "ask the host's owner for a new certificate",
    );
  if (certificate === undefined) throw refuse("it can't be read");
  const { key, authority, signed, signature, id } = certificate;
  for (const one of [key, authority]) {
    if (judge(one, known).is === "revoked") await check(one, all);
  }
  if (judge(key, known).is === "known") return;
  const print = await fingerprint(authority);
  if (!known.some((line) => line.marker === "cert-authority" && sameBytes(line.key, authority))) {
    throw refuse(`known_hosts does not contain its authority, ${keyType(authority)} ${print}`);
  }
  // Without a valid signature, nothing in the certificate is trustworthy.
  if (!verify(authority, signed, signature)) throw refuse("its signature is wrong");
  const fault = certificateFault(certificate, target.alias, Date.now());
  if (fault !== undefined) throw refuse(`${fault} (${JSON.stringify(id)})`);
}

interface Known {
  readonly target: SshTarget;
  readonly endpoint: string;
  readonly name: string;
  readonly known: readonly KnownHost[];
}

async function check(key: Uint8Array, { target, endpoint, name, known }: Known): Promise<void> {
  const verdict = judge(key, known);
  if (verdict.is === "known") return;
  const type = keyType(key);
  const print = `${type} ${await fingerprint(key)}`;
  const line = `${name} ${publicKeyLine(key)}`;
  const addTo = (file: string | undefined) =>
    file === undefined || file === "/dev/null"
      ? `writing this line to a file that UserKnownHostsFile or ?knownHosts= names: ${line}`
      : `printf '%s\\n' ${shellWord(line)} >> ${shellWord(file)}`;
  const add = addTo(target.newHosts);
  switch (verdict.is) {
    case "unknown":
      throw denied(
        endpoint,
        `the host key of ${name} is not known: ${print}`,
        `if the host's owner confirms this fingerprint, accept it with: ${add}`,
      );
    case "changed": {
      const { by } = verdict;
      throw denied(
        endpoint,
        `the host key of ${name} has changed: it is ${print}, and ${by.file}:${by.line} has ` +
          `${await fingerprint(by.key)}; someone may be listening in`,
        `if the host was reinstalled and its owner confirms this fingerprint: ` +
          `ssh-keygen -R ${shellWord(name)} -f ${shellWord(by.file)} && ${addTo(by.file)}`,
      );
    }
    case "revoked":
      throw denied(
        endpoint,
        `the host key of ${name} is revoked by ${verdict.by.file}:${verdict.by.line}: ${print}`,
        "do not connect; ask the host's owner for its new key",
      );
    case "certified":
      throw denied(
        endpoint,
        `${verdict.by.file}:${verdict.by.line} trusts ${name} only by its certificate authority, ` +
          `but the host showed no readable certificate; its key is ${print}`,
        `if the host's owner confirms this fingerprint, accept the key itself with: ${add}`,
      );
  }
}
