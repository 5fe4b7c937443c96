/**
 * Values that the Dockerfile frontend takes in another spelling. Each function returns the
 * attributes for one flag. Messages are buildx's. All throw `UsageError`.
 */
import { FlagError, UsageError } from "../../base/usage_error.ts";
import { parseBytes } from "../../base/go/bytes.ts";
import { quote } from "../../base/go/quote.ts";
import { parseInteger } from "../../base/go/int.ts";
import { cut } from "../../base/cut.ts";
import { parseIp } from "../../base/ip.ts";

type Attrs = Record<string, string>;

/**
 * `--add-host host:ip` or `host=ip`. Several addresses have commas between, and may have brackets.
 * @param gateway the address that `host-gateway` stands for; throws where there is none
 */
export function addHosts(texts: readonly string[], gateway: () => string): Attrs {
  const hosts = texts.flatMap((text) => {
    const [, host, value] = /^([^=]+)=(.+)$/s.exec(text) ?? /^([^=:]+):([^=]+)$/s.exec(text) ?? [];
    if (host === undefined) throw invalidHost(text);
    if (value === "host-gateway") return [`${host}=${gateway()}`];
    return value!.split(",").map((address) => {
      const ip = address.replace(/^\[(.+)\]$/s, "$1");
      if (parseIp(ip) === undefined) throw invalidHost(text);
      return `${host}=${ip}`;
    });
  });
  return hosts.length > 0 ? { "add-hosts": hosts.join(",") } : {};
}

function invalidHost(text: string): UsageError {
  const hint = "write NAME:ADDRESS, for example db:10.0.0.5, or NAME:host-gateway";
  return new UsageError(`invalid host ${text}`, hint);
}

/** `--network`. The daemon must allow the host's network (`--allow-insecure-entitlement`). */
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

/** `--shm-size`, in bytes; 0 is the daemon's own size. */
export function shmSize(bytes: number): Attrs {
  return bytes > 0 ? { "shm-size": String(BigInt(bytes)) } : {};
}

/** `--ulimit name=soft[:hard]`; -1 is unlimited. The last one of a name counts. */
export function ulimits(texts: readonly string[]): Attrs {
  const limits = new Map<string, string>();
  for (const text of texts) {
    const fail = (problem: string, hint?: string): never => {
      throw new FlagError(`invalid argument ${quote(text)} for "--ulimit" flag: ${problem}`, hint);
    };
    const [name, value] = cut(text, "=");
    if (value === undefined) {
      return fail(`invalid ulimit argument: ${text}`, "write name=soft[:hard]");
    }
    if (!ULIMITS.has(name)) {
      fail(`invalid ulimit type: ${name}`, `the types are ${[...ULIMITS].join(", ")}`);
    }
    try {
      limits.set(name, `${name}=${readLimit(value)}`);
    } catch (error) {
      fail((error as Error).message);
    }
  }
  if (limits.size === 0) return {};
  const sorted = [...limits.keys()].sort();
  return { ulimit: sorted.map((name) => limits.get(name)).join(",") };
}

/** Completes `soft[:hard]`. Throws an Error. */
function readLimit(text: string): string {
  const [first = "", second, ...more] = text.split(":");
  if (more.length > 0) {
    const most = "can only have up to two, `soft[:hard]`";
    throw new Error(`too many limit value arguments - ${text}, ${most}`);
  }
  const given = second === undefined ? undefined : parseInteger(second);
  const soft = parseInteger(first), hard = given ?? soft;
  const most = "ulimit soft limit must be less than or equal to hard limit:";
  if (hard !== -1n && soft === -1n) {
    throw new Error(`${most} soft: -1 (unlimited), hard: ${hard}`);
  }
  if (hard !== -1n && soft > hard) throw new Error(`${most} ${soft} > ${hard}`);
  return `${soft}:${hard}`;
}

const ULIMITS = new Set(
  ("core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending " +
    "stack").split(" "),
);

/** `--resource key=value`: limits of the steps' cgroup. Zero is no limit. */
export function resources(texts: readonly string[]): Attrs {
  const attrs: Attrs = {};
  for (const text of texts) {
    const [name, value] = cut(text, "=");
    if (value === undefined) {
      throw new UsageError(`invalid resource ${quote(text)}, expected key=value`);
    }
    const key = name.trim();
    const resource = Object.hasOwn(RESOURCES, key) ? RESOURCES[key] : undefined;
    if (!resource) {
      const known = Object.keys(RESOURCES).join(", ");
      throw new UsageError(`unknown resource ${quote(key)}`, `the resources are ${known}`);
    }
    attrs[resource.attr] = readResource(key, resource.kind, value.trim());
  }
  return Object.fromEntries(
    Object.entries(attrs).filter(([attr, value]) => isLimit(attr, value)),
  );
}

/** The last of several values counts, also where it stands for no limit. */
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
  try {
    return String(kind === "int" ? parseInteger(text) : BigInt(parseBytes(text)));
  } catch (error) {
    const why = (error as Error).message;
    throw new UsageError(`invalid value ${quote(text)} for resource ${key}: ${why}`);
  }
}
