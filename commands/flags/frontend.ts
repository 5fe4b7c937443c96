/**
 * Flags whose values the Dockerfile frontend takes as they are, but for their spelling. Each function
 * gives the attributes for one flag; messages are buildx's. All throw `UsageError`.
 */
import { UsageError } from "../program/usage_error.ts";
import { parseBytes } from "./bytes.ts";
import { csvFields } from "./csv.ts";
import { quote } from "./quote.ts";
import { parseBool } from "./value.ts";

type Attrs = Record<string, string>;

/**
 * `--add-host host:ip` or `host=ip`; an IPv6 address may stand in brackets.
 * @param gateway the address that `host-gateway` stands for; throws where there is none
 */
export function addHosts(texts: readonly string[], gateway: () => string): Attrs {
  const hosts = texts.map((text) => {
    const match = /^([^=:]*)[=:](.*)$/s.exec(text);
    const ip = match?.[2]?.replace(/^\[(.*)\]$/, "$1");
    if (!match || match[1] === "" || ip === "") throw new UsageError(`invalid host ${text}`);
    if (ip === "host-gateway") return `${match[1]}=${gateway()}`;
    if (!/^(\d{1,3}(\.\d{1,3}){3}|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*(%.+)?)$/.test(ip!)) {
      throw new UsageError(`invalid host ${text}`);
    }
    return `${match[1]}=${ip}`;
  });
  return hosts.length > 0 ? { "add-hosts": hosts.join(",") } : {};
}

/** `--network`; the daemon must be allowed to use the host's (`--allow-insecure-entitlement`). */
export function network(mode: string): { attrs: Attrs; entitlements: string[] } {
  switch (mode) {
    case "":
    case "default":
      return { attrs: {}, entitlements: [] };
    case "host":
      return { attrs: { "force-network-mode": mode }, entitlements: ["network.host"] };
    case "none":
      return { attrs: { "force-network-mode": mode }, entitlements: [] };
  }
  throw new UsageError(
    `network mode ${quote(mode)} not supported by buildkit - you can define a custom network for ` +
      `your builder using the network driver-opt in buildx create`,
    "the modes are default, none and host",
  );
}

/** `--no-cache` and `--no-cache-filter STAGE`, which exclude each other. */
export function noCache(all: boolean, stages: readonly string[]): Attrs {
  if (all && stages.length > 0) {
    throw new UsageError("--no-cache and --no-cache-filter cannot currently be used together");
  }
  if (all) return { "no-cache": "" };
  const names = stages.flatMap((text) => text.split(","));
  return names.length > 0 ? { "no-cache": names.join(",") } : {};
}

/** `--shm-size`, in bytes; 0 is the daemon's own. */
export function shmSize(bytes: number): Attrs {
  return bytes > 0 ? { "shm-size": String(bytes) } : {};
}

/** `--ulimit name=soft[:hard]`; -1 is unlimited. A later one of the same name wins. */
export function ulimits(texts: readonly string[]): Attrs {
  const limits = new Map<string, string>();
  for (const text of texts) {
    const match = /^([a-z]+)=(-?\d+)(?::(-?\d+))?$/.exec(text);
    const fail = (problem: string, hint?: string): never => {
      throw new UsageError(`invalid argument ${quote(text)} for "--ulimit" flag: ${problem}`, hint);
    };
    if (!match) return fail(`invalid ulimit argument: ${text}`, "write name=soft[:hard]");
    const [, name, soft, hard = soft] = match as unknown as [string, string, string, string];
    if (!ULIMITS.has(name)) {
      fail(`invalid ulimit type: ${name}`, `the types are ${[...ULIMITS].join(", ")}`);
    }
    if (hard !== "-1" && (soft === "-1" || BigInt(soft) > BigInt(hard))) {
      fail(`ulimit soft limit must be less than or equal to hard limit: ${soft} > ${hard}`);
    }
    limits.set(name, `${name}=${soft}:${hard}`);
  }
  if (limits.size === 0) return {};
  const sorted = [...limits.keys()].sort();
  return { ulimit: sorted.map((name) => limits.get(name)).join(",") };
}

const ULIMITS = new Set(
  ("core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending " +
    "stack").split(" "),
);

/** `--resource key=value`: limits of the steps' cgroup. Zero is none. */
export function resources(texts: readonly string[]): Attrs {
  const attrs: Attrs = {};
  for (const text of texts) {
    const equals = text.indexOf("=");
    if (equals < 0) throw new UsageError(`invalid resource ${quote(text)}, expected key=value`);
    const key = text.slice(0, equals).trim();
    const resource = Object.hasOwn(RESOURCES, key) ? RESOURCES[key] : undefined;
    if (!resource) {
      const known = Object.keys(RESOURCES).join(", ");
      throw new UsageError(`unknown resource ${quote(key)}`, `the resources are ${known}`);
    }
    attrs[resource.attr] = readResource(key, resource.kind, text.slice(equals + 1).trim());
  }
  return Object.fromEntries(
    Object.entries(attrs).filter(([attr, value]) => isLimit(attr, value)),
  );
}

/** Of several values the last counts, also where it stands for no limit. */
function isLimit(attr: string, value: string): boolean {
  if (value === "" || attr.startsWith("cpuset")) return value !== "";
  return attr === "memswap" ? value !== "0" : BigInt(value) > 0n;
}

const RESOURCES: Record<string, { attr: string; kind: "bytes" | "swap" | "int" | "text" }> = {
  "memory": { attr: "memory", kind: "bytes" },
  "memory-swap": { attr: "memswap", kind: "swap" },
  "cpu-shares": { attr: "cpushares", kind: "int" },
  "cpu-period": { attr: "cpuperiod", kind: "int" },
  "cpu-quota": { attr: "cpuquota", kind: "int" },
  "cpuset-cpus": { attr: "cpusetcpus", kind: "text" },
  "cpuset-mems": { attr: "cpusetmems", kind: "text" },
};

function readResource(key: string, kind: string, text: string): string {
  if (kind === "text" || (kind === "swap" && text === "-1")) return text;
  if (kind === "int" && /^-?\d+$/.test(text)) return String(BigInt(text));
  try {
    if (kind !== "int") return String(parseBytes(text));
  } catch {
    // Told below, with the key.
  }
  throw new UsageError(`invalid value ${quote(text)} for resource ${key}`);
}

/**
 * `--attest type=…`, `--provenance` and `--sbom`, as the frontend takes them: `attest:TYPE`. The first
 * of a type wins, a disabled one sends nothing. `byDefault` holds when provenance was not asked for.
 */
export function attestations(
  texts: readonly string[],
  provenance: string | undefined,
  sbom: string | undefined,
  byDefault: string | undefined,
): Attrs {
  const all = [...texts];
  if (provenance !== undefined) all.push(shorthand("provenance", provenance));
  if (sbom !== undefined) all.push(shorthand("sbom", sbom));
  const attrs: Attrs = {};
  const seen = new Set<string>();
  for (const text of all) {
    const { type, fields, disabled } = readAttestation(text);
    if (seen.has(type)) continue;
    seen.add(type);
    if (!disabled) attrs[`attest:${type}`] = [`type=${type}`, ...fields].join(",");
  }
  if (!seen.has("provenance") && byDefault !== undefined) attrs["attest:provenance"] = byDefault;
  return attrs;
}

/** `--sbom=false` and `--sbom=generator=x` both stand for an `--attest`. */
function shorthand(type: string, value: string): string {
  try {
    return `type=${type},disabled=${!parseBool(value)}`;
  } catch {
    return `type=${type},${value}`;
  }
}

function readAttestation(text: string): { type: string; fields: string[]; disabled: boolean } {
  const pairs = new Map<string, string>();
  for (const field of csvFields(text)) {
    const equals = field.indexOf("=");
    if (equals < 0) {
      throw new UsageError(`invalid value ${field}`, "write type=sbom or type=provenance");
    }
    pairs.set(field.slice(0, equals).trim().toLowerCase(), field.slice(equals + 1));
  }
  const type = pairs.get("type") ?? "";
  if (type === "") throw new UsageError(`attestation type not specified`);
  const disabled = pairs.get("disabled");
  pairs.delete("type");
  pairs.delete("disabled");
  const fields = [...pairs].map(([key, value]) => `${key}=${value}`).sort();
  return { type, fields, disabled: disabled === undefined ? false : readBool(disabled) };
}

function readBool(text: string): boolean {
  try {
    return parseBool(text);
  } catch {
    throw new UsageError(`invalid value ${quote(text)} of disabled`, "it is true or false");
  }
}

/**
 * `--annotation [type[platform],…:]key=value`, as attributes of an exporter:
 * `annotation-TYPE[PLATFORM].KEY`.
 */
export function annotations(texts: readonly string[]): Attrs {
  const attrs: Attrs = {};
  for (const text of texts) {
    const equals = text.indexOf("=");
    if (equals < 0) throw new UsageError(`invalid annotation ${quote(text)}, expected key=value`);
    const [left, value] = [text.slice(0, equals), text.slice(equals + 1)];
    const colon = left.indexOf(":");
    const [types, key] = colon < 0 ? ["", left] : [left.slice(0, colon), left.slice(colon + 1)];
    for (const type of types === "" ? [""] : types.split(",")) {
      attrs[`${annotationPrefix(type, text)}.${key}`] = value;
    }
  }
  return attrs;
}

function annotationPrefix(type: string, text: string): string {
  if (type === "") return "annotation";
  const match = /^(index|index-descriptor|manifest|manifest-descriptor)(\[[^\]]+\])?$/.exec(
    type.trim(),
  );
  if (!match) {
    throw new UsageError(
      `invalid annotation ${quote(text)}: unknown type ${quote(type)}`,
      "the types are index, index-descriptor, manifest and manifest-descriptor",
    );
  }
  return `annotation-${match[1]}${match[2] ?? ""}`;
}
