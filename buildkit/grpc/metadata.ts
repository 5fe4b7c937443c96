import { maybe } from "../../base/maybe.ts";
/**
 * gRPC metadata: an ordered list of lower-case names and values, in which names repeat.
 *
 * BuildKit repeats keys (`followpaths: a`, `followpaths: b,c`) and the values may hold commas, so
 * values are never joined. Names ending in `-bin` carry base64, padded or not
 * (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md, "Custom-Metadata").
 */
export type Metadata = readonly (readonly [name: string, value: string])[];

/**
 * The largest metadata that either side takes, in bytes, as in grpc-go's clients. The details of an
 * error hold whole Dockerfiles; the request for a context holds the lines of a .dockerignore.
 */
export const MAX_METADATA = 16 << 20;

/** The first value under a name. */
export function first(metadata: Metadata, name: string): string | undefined {
  for (const [key, value] of metadata) if (key === name) return value;
  return undefined;
}

/** All values under a name, in their order. */
export function all(metadata: Metadata, name: string): string[] {
  const values = [];
  for (const [key, value] of metadata) if (key === name) values.push(value);
  return values;
}

/** The first value under a `-bin` name, decoded; undefined when absent or not base64. */
export function firstBinary(metadata: Metadata, name: string): Uint8Array<ArrayBuffer> | undefined {
  const value = first(metadata, name);
  if (value === undefined) return undefined;
  return maybe(() => Uint8Array.fromBase64(value, { lastChunkHandling: "loose" }));
}
