/** A Sigstore instance of the tests' own: authorities, logs, and what they vouch for. */
import { pem } from "../../../commands/certs/keys.ts";
import {
  type Authority,
  type Identity,
  issue,
  makeAuthority,
  type Validity,
} from "./certificates.ts";
import { type Keys, logId, newKeys, sha256, sign } from "./keys.ts";
import { dsseBody, logEntry, type LogOptions, recordBody } from "./log.ts";
import { timestamp } from "./timestamp.ts";

export interface Instance {
  readonly root: Authority;
  readonly intermediate: Authority;
  /** The log of certificates, and that of signatures. */
  readonly certificateLog: Keys;
  readonly log: Keys;
  readonly stampRoot: Authority;
  readonly stamper: Authority;
}

const HOUR = 3600_000;
const around = (hours: number): Validity => ({
  from: new Date(Date.now() - hours * HOUR),
  to: new Date(Date.now() + hours * HOUR),
});

export async function makeInstance(name = "sigstore-intermediate"): Promise<Instance> {
  const root = await makeAuthority("sigstore", around(100));
  const stampRoot = await makeAuthority("sigstore-tsa-root", around(100));
  return {
    root,
    intermediate: await makeAuthority(name, around(50), root),
    certificateLog: await newKeys(),
    log: await newKeys(),
    stampRoot,
    stamper: await makeAuthority("sigstore-tsa", around(50), stampRoot, {
      stamping: true,
      leaf: true,
    }),
  };
}

/** The instance's trusted_root.json. */
export async function trustedRoot(instance: Instance): Promise<string> {
  const start = new Date(Date.now() - 200 * HOUR).toISOString();
  const log = async (keys: Keys, baseUrl: string) => ({
    baseUrl,
    hashAlgorithm: "SHA2_256",
    publicKey: {
      rawBytes: keys.publicKey.toBase64(),
      keyDetails: "PKIX_ECDSA_P256_SHA_256",
      validFor: { start },
    },
    logId: { keyId: (await logId(keys)).toBase64() },
  });
  const chain = (uri: string, ...all: Authority[]) => ({
    subject: { organization: "sigstore.dev", commonName: "sigstore" },
    uri,
    certChain: {
      certificates: all.map(({ certificate }) => ({ rawBytes: certificate.toBase64() })),
    },
    validFor: { start },
  });
  return JSON.stringify({
    mediaType: "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
    tlogs: [await log(instance.log, "https://log.test")],
    certificateAuthorities: [chain("https://ca.test", instance.intermediate, instance.root)],
    ctlogs: [await log(instance.certificateLog, "https://ct.test")],
    timestampAuthorities: [chain("https://tsa.test", instance.stamper, instance.stampRoot)],
  });
}

/** How a signature is made. Everything that a forger could change has a place here. */
export interface SignOptions {
  readonly identity: Identity;
  /** Replaces the keys that sign; the certificate keeps its own. */
  readonly signingKeys?: Keys;
  readonly issuer?: Authority;
  readonly certificateLog?: Keys;
  readonly logged?: boolean;
  readonly validity?: Validity;
  readonly entry?: Partial<LogOptions>;
  /** Changes the body of the log's entry before the log signs it. */
  readonly changeBody?: (body: Record<string, unknown>) => object;
  readonly changeBundle?: (bundle: Bundle) => unknown;
  /** Adds a timestamp of this authority. */
  readonly stampedBy?: Authority;
  readonly stampedAt?: Date;
}

/** The JSON of a bundle, as far as tests change it. */
export interface Bundle {
  mediaType: string;
  verificationMaterial: {
    certificate: { rawBytes: string };
    tlogEntries: Record<string, unknown>[];
    timestampVerificationData?: unknown;
  };
  dsseEnvelope: { payload: string; payloadType: string; signatures: { sig: string }[] };
}

const PAYLOAD_TYPE = "application/vnd.in-toto+json";

/** A statement about a file or a manifest. @param digest `sha256:…` */
export function statement(
  digest: string,
  predicateType = "https://slsa.dev/provenance/v1",
): object {
  const [algorithm = "", hex] = digest.split(":");
  return {
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ name: "subject", digest: { [algorithm]: hex } }],
    predicateType,
    predicate: { buildDefinition: { buildType: "https://build.test/v1" } },
  };
}

/** Signs a statement: the bundle that cosign and GitHub attach. */
export async function signedBundle(
  instance: Instance,
  about: object,
  options: SignOptions,
): Promise<Uint8Array> {
  const { keys, certificate, validity } = await certified(instance, options);
  const payload = new TextEncoder().encode(JSON.stringify(about));
  const head = `DSSEv1 ${PAYLOAD_TYPE.length} ${PAYLOAD_TYPE} ${payload.length} `;
  const signature = await sign(
    options.signingKeys ?? keys,
    new Uint8Array([...new TextEncoder().encode(head), ...payload]),
  );
  const envelope = {
    payload: payload.toBase64(),
    payloadType: PAYLOAD_TYPE,
    signatures: [{ sig: signature.toBase64() }],
  };
  const body = await dsseBody(envelope, payload, signature, pem("CERTIFICATE", certificate));
  const entry = await logEntry("dsse", options.changeBody?.(body) ?? body, {
    keys: instance.log,
    moment: middle(validity),
    ...options.entry,
  });
  const stamp = options.stampedBy && await timestamp(
    signature,
    options.stampedBy,
    instance.stampRoot,
    options.stampedAt ?? middle(validity),
  );
  const bundle: Bundle = {
    mediaType: "application/vnd.dev.sigstore.bundle.v0.3+json",
    verificationMaterial: {
      certificate: { rawBytes: certificate.toBase64() },
      tlogEntries: [entry],
      ...stamp && {
        timestampVerificationData: { rfc3161Timestamps: [{ signedTimestamp: stamp.toBase64() }] },
      },
    },
    dsseEnvelope: envelope,
  };
  return new TextEncoder().encode(JSON.stringify(options.changeBundle?.(bundle) ?? bundle));
}

/** The annotations of cosign's older format. @param old its first shape of the log's proof */
export async function cosignAnnotations(
  instance: Instance,
  payload: Uint8Array,
  options: SignOptions,
  { old = false } = {},
): Promise<Record<string, string>> {
  const { keys, certificate, validity } = await certified(instance, options);
  const signature = await sign(options.signingKeys ?? keys, payload);
  const digest = (await sha256(payload)).toHex();
  const text = pem("CERTIFICATE", certificate);
  const body = recordBody(digest, signature, text);
  const entry = await logEntry("hashedrekord", options.changeBody?.(body) ?? body, {
    keys: instance.log,
    moment: middle(validity),
    ...options.entry,
  });
  return {
    "dev.cosignproject.cosign/signature": signature.toBase64(),
    "dev.sigstore.cosign/certificate": text,
    "dev.sigstore.cosign/bundle": logProof(entry, old),
  };
}

/** The log's proof in an annotation. */
function logProof(entry: Record<string, unknown>, old: boolean): string {
  const { logId: { keyId }, inclusionPromise, integratedTime, canonicalizedBody } = entry as {
    logId: { keyId: string };
    inclusionPromise: { signedEntryTimestamp: string };
    integratedTime: string;
    canonicalizedBody: string;
  };
  const id = Uint8Array.fromBase64(keyId).toHex();
  return JSON.stringify(
    old
      ? {
        SignedEntryTimestamp: inclusionPromise.signedEntryTimestamp,
        Payload: {
          body: canonicalizedBody,
          integratedTime: Number(integratedTime),
          logIndex: 1,
          logID: id,
        },
      }
      : {
        content: {
          verificationMaterial: {
            tlogEntries: [{
              logIndex: "1",
              logId: { keyId: id },
              integratedTime,
              inclusionPromise,
              canonicalizedBody,
            }],
          },
        },
      },
  );
}

/** The annotations of a signature by plain keys, as Docker signs its hardened images. */
export async function keyAnnotations(
  instance: Instance,
  payload: Uint8Array,
  keys: Keys,
  inLog: boolean,
): Promise<Record<string, string>> {
  const signature = await sign(keys, payload);
  const plain = { "dev.cosignproject.cosign/signature": signature.toBase64() };
  if (!inLog) return plain;
  const body = recordBody((await sha256(payload)).toHex(), signature, publicKeyPem(keys));
  const entry = await logEntry("hashedrekord", body, { keys: instance.log, moment: new Date() });
  return { ...plain, "dev.sigstore.cosign/bundle": logProof(entry, false) };
}

/** A public key as a text. */
export function publicKeyPem({ publicKey }: Keys): string {
  const lines = publicKey.toBase64().match(/.{1,64}/g)!.join("\n");
  return `-----BEGIN PUBLIC KEY-----\n${lines}\n-----END PUBLIC KEY-----\n`;
}

async function certified(instance: Instance, options: SignOptions) {
  const keys = await newKeys();
  const validity = options.validity ?? {
    from: new Date(Date.now() - HOUR),
    to: new Date(Date.now() - HOUR + 600_000),
  };
  const certificate = await issue(options.identity, keys, validity, {
    issuer: options.issuer ?? instance.intermediate,
    log: options.certificateLog ?? instance.certificateLog,
    logged: options.logged ?? true,
  });
  return { keys, certificate, validity };
}

function middle({ from, to }: Validity): Date {
  return new Date((from.getTime() + to.getTime()) / 2);
}

const GITHUB = "https://github.com/";

/** A certificate of GitHub's. @param workflow `OWNER/REPOSITORY/.github/workflows/FILE` */
export function workflow(repository: string, workflow: string, ref = "refs/tags/v1.0.0"): Identity {
  const issuer = "https://token.actions.githubusercontent.com";
  const signer = `${GITHUB}${workflow}@refs/heads/main`;
  const [owner] = repository.split("/");
  return {
    subject: signer,
    extensions: {
      1: issuer,
      8: issuer,
      9: signer,
      10: "a".repeat(40),
      11: "github-hosted",
      12: `${GITHUB}${repository}`,
      13: "b".repeat(40),
      14: ref,
      15: "1001",
      16: `${GITHUB}${owner}`,
      17: "1002",
      18: `${GITHUB}${repository}/.github/workflows/build.yml@${ref}`,
      19: "c".repeat(40),
      20: "push",
      21: `${GITHUB}${repository}/actions/runs/1/attempts/1`,
      22: "public",
    },
  };
}

/** The certificate of Docker's builder on GitHub. */
export const dockerBuilder = (repository: string, ref?: string): Identity =>
  workflow(repository, "docker/github-builder/.github/workflows/bake.yml", ref);
