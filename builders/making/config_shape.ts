/**
 * The kinds of the values in buildkitd's configuration, as `cmd/buildkitd/config` of BuildKit v0.32
 * declares them. buildkitd ignores keys that it doesn't know, and doesn't start with a value of
 * another kind. So a mistake is reported before a daemon is made.
 */
import { parseBytes } from "../../base/go/bytes.ts";
import { parseDuration } from "../../base/go/duration.ts";
import { isObject } from "../../base/json.ts";
import { maybe } from "../../base/maybe.ts";

const bool = "true or false";
const text = "a text";
const int = "a whole number";
const size = 'a size, like "10GB" or "20%"';
const time = 'a time, like "48h"';
type Kind = typeof bool | typeof text | typeof int | typeof size | typeof time;

/** A value's kind; a list of values of one kind; a table; or a table with any keys (`*`). */
type Shape = Kind | "any" | readonly [Shape] | Table;
type Table = { readonly [key: string]: Shape };

const texts: Shape = [text];

const gcPolicy: Table = {
  ...{ all: bool, filters: texts, keepduration: time, keepbytes: size, reservedspace: size },
  ...{ maxusedspace: size, minfreespace: size },
};

/** The keys that both kinds of worker have. */
const worker: Table = {
  ...{ enabled: bool, labels: { "*": text }, platforms: texts, snapshotter: text, rootless: bool },
  ...{ gc: bool, gckeepstorage: size, reservedspace: size, maxusedspace: size, minfreespace: size },
  ...{ gcpolicy: [gcPolicy], networkmode: text, cniconfigpath: text, cnibinarypath: text },
  ...{ cnipoolsize: int, bridgename: text, bridgesubnet: text, "apparmor-profile": text },
  ...{ selinux: bool, "max-parallelism": int, defaultcgroupparent: text },
};

const registry: Table = {
  ...{ mirrors: texts, http: bool, insecure: bool, ca: texts, tlsconfigdir: texts },
  keypair: [{ key: text, cert: text }],
};

const CONFIG: Shape = {
  ...{ debug: bool, trace: bool, root: text, "insecure-entitlements": texts, proxynetwork: bool },
  ...{ provenanceenvdir: text, log: { format: text, level: text }, otel: { socketpath: text } },
  grpc: {
    ...{ address: texts, debugaddress: text, uid: int, gid: int, securitydescriptor: text },
    tls: { cert: text, key: text, ca: text },
  },
  cdi: { disabled: bool, specdirs: texts, autoallowed: texts },
  worker: {
    oci: {
      ...{ ...worker, noprocesssandbox: bool, binary: text, proxysnapshotterpath: text },
      stargzsnapshotter: {},
    },
    containerd: { ...worker, address: text, namespace: text, runtime: { name: text, path: text } },
  },
  registry: { "*": registry },
  dns: { nameservers: texts, options: texts, searchdomains: texts },
  history: { maxage: time, maxentries: int },
  frontend: {
    "dockerfile.v0": { enabled: bool },
    "gateway.v0": { enabled: bool, allowedrepositories: texts },
  },
  cache: { gha: { sign: { command: texts }, verify: { required: bool } } },
  system: { platformscachemaxage: time, maxregistryconcurrency: int },
};

/** A value of the wrong kind. */
export interface Misfit {
  /** The keys on the way to it. */
  readonly path: readonly string[];
  /** The kind that belongs there, in words. */
  readonly expected: string;
}

/** Finds the first value of the wrong kind. @param value the file, parsed */
export function findMisfit(
  value: unknown,
  shape: Shape = CONFIG,
  path: readonly string[] = [],
): Misfit | undefined {
  if (shape === "any") return undefined;
  if (typeof shape === "string") {
    return fits(value, shape) ? undefined : { path, expected: shape };
  }
  if (isList(shape)) {
    if (!Array.isArray(value)) return { path, expected: "a list" };
    return first(value, (each) => findMisfit(each, shape[0], path));
  }
  if (!isTable(value)) return { path, expected: "a table" };
  return first(Object.entries(value), ([key, each]) => {
    // The daemon's parser takes a key in any case.
    const known = shape["*"] ?? shape[key.toLowerCase()] ?? "any";
    return findMisfit(each, known, [...path, key]);
  });
}

function isTable(value: unknown): value is Record<string, unknown> {
  return isObject(value) && !(value instanceof Date);
}

function isList(shape: Exclude<Shape, string>): shape is readonly [Shape] {
  return Array.isArray(shape);
}

function first<T>(all: readonly T[], find: (each: T) => Misfit | undefined): Misfit | undefined {
  for (const each of all) {
    const found = find(each);
    if (found !== undefined) return found;
  }
  return undefined;
}

function fits(value: unknown, kind: Kind): boolean {
  const isInteger = typeof value === "bigint" || Number.isInteger(value);
  switch (kind) {
    case bool:
      return typeof value === "boolean";
    case text:
      return typeof value === "string";
    case int:
      return isInteger;
    // The daemon's parser skips a table here, without a word.
    case size:
      return isTable(value) || isInteger || typeof value === "number" ||
        typeof value === "string" && isSize(value);
    case time:
      return isTable(value) || isInteger || typeof value === "string" && isTime(value);
  }
}

function isSize(text: string): boolean {
  return /^(?:[+-]?\d+%)?$/.test(text) || maybe(() => parseBytes(text)) !== undefined;
}

function isTime(text: string): boolean {
  return /^(?:[+-]?\d+)?$/.test(text) || maybe(() => parseDuration(text)) !== undefined;
}
