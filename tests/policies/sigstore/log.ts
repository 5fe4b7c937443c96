/** Entries of a transparency log, as Rekor's first version makes them. */
import { joinBytes } from "../../../base/bytes.ts";
import { type Keys, logId, sha256, sign } from "./keys.ts";

export interface LogOptions {
  readonly keys: Keys;
  /** The keys that sign the promise, and the checkpoint; by default the log's own. */
  readonly promiseKeys?: Keys;
  readonly checkpointKeys?: Keys;
  readonly moment: Date;
  /** Changes the inclusion proof's hash of the neighbour. */
  readonly neighbour?: Uint8Array;
  /** Leaves out the promise or the proof. */
  readonly promised?: boolean;
  readonly proven?: boolean;
}

/** The entry of a body, in the JSON of a bundle. The log holds one entry besides. */
export async function logEntry(
  kind: "dsse" | "hashedrekord",
  body: object,
  options: LogOptions,
): Promise<Record<string, unknown>> {
  const { keys, moment, promised = true, proven = true } = options;
  const id = await logId(keys);
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  const integratedTime = Math.floor(moment.getTime() / 1000);
  const promise = await sign(
    options.promiseKeys ?? keys,
    new TextEncoder().encode(JSON.stringify({
      body: bytes.toBase64(),
      integratedTime,
      logID: id.toHex(),
      logIndex: 1,
    })),
  );
  const first = await sha256(joinBytes([new Uint8Array([0]), new TextEncoder().encode("first")]));
  const leaf = await sha256(joinBytes([new Uint8Array([0]), bytes]));
  const root = await sha256(joinBytes([new Uint8Array([1]), first, leaf]));
  const name = "log.test";
  const note = `${name} - 42\n2\n${root.toBase64()}\n`;
  const signature = joinBytes([
    id.subarray(0, 4),
    await sign(options.checkpointKeys ?? keys, new TextEncoder().encode(note)),
  ]);
  return {
    logIndex: "1",
    logId: { keyId: id.toBase64() },
    kindVersion: { kind, version: "0.0.1" },
    integratedTime: String(integratedTime),
    canonicalizedBody: bytes.toBase64(),
    ...promised && { inclusionPromise: { signedEntryTimestamp: promise.toBase64() } },
    ...proven && {
      inclusionProof: {
        logIndex: "1",
        rootHash: root.toBase64(),
        treeSize: "2",
        hashes: [(options.neighbour ?? first).toBase64()],
        checkpoint: { envelope: `${note}\n— ${name} ${signature.toBase64()}\n` },
      },
    },
  };
}

/** The body of an entry for an envelope. */
export async function dsseBody(
  envelope: object,
  payload: Uint8Array,
  signature: Uint8Array,
  certificate: string,
) {
  const hash = async (bytes: Uint8Array) => ({
    algorithm: "sha256",
    value: (await sha256(bytes)).toHex(),
  });
  return {
    apiVersion: "0.0.1",
    kind: "dsse",
    spec: {
      envelopeHash: await hash(new TextEncoder().encode(JSON.stringify(envelope))),
      payloadHash: await hash(payload),
      signatures: [{ signature: signature.toBase64(), verifier: btoa(certificate) }],
    },
  };
}

/** The body of an entry for a signature over a digest. */
export function recordBody(digest: string, signature: Uint8Array, certificate: string) {
  return {
    apiVersion: "0.0.1",
    kind: "hashedrekord",
    spec: {
      data: { hash: { algorithm: "sha256", value: digest } },
      signature: { content: signature.toBase64(), publicKey: { content: btoa(certificate) } },
    },
  };
}
