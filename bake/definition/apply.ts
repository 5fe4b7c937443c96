/** What `--set` does to a target. */
import { readBool } from "../../base/go/bool.ts";
import { BakeError } from "../error.ts";
import {
  parseAttest,
  parseCache,
  parseOutput,
  parsePolicy,
  parseSecret,
  parseSsh,
} from "../attribute_text.ts";
import type { Allowed } from "../options.ts";
import type { Output, Resources, Target } from "../target.ts";
import { lastOfEach, unlike } from "./merge.ts";
import type { Override } from "./overrides.ts";

type Apply = (target: Target, override: Override, name: string) => void;

/** In the order that they are applied in: `push` and `load` look at the outputs. */
const keys = new Map<string, Apply>([
  ["output", list("output", each(parseOutput), unlike)],
  ["push", (target, { value }) => {
    target.output = push(target.output ?? [], bool("push", value));
  }],
  ["load", (target, { value }) => {
    if (bool("load", value)) target.output = load(target.output ?? []);
  }],
  ...texts("context", "dockerfile", "target", "call", "shm-size", "network"),
  ...bools("pull", "no-cache"),
  ...maps("args", "labels", "contexts", "extra-hosts"),
  ["tags", list("tags", plain)],
  ["platform", list("platforms", plain)],
  ["no-cache-filter", list("no-cache-filter", plain)],
  ["ulimits", list("ulimits", plain)],
  ["cache-from", list("cache-from", (texts) => texts.flatMap(cacheOf), unlike)],
  ["cache-to", list("cache-to", (texts) => texts.flatMap(cacheOf), unlike)],
  ["secrets", list("secret", each(parseSecret, "secrets"), (all) => lastOfEach(all, "id"))],
  ["ssh", list("ssh", each(parseSsh, "ssh"), (all) => lastOfEach(all, "id"))],
  ["policy", list("policy", (texts) => texts.map(parsePolicy))],
  ["annotations", list("annotations", plain, undefined, true)],
  ["entitlements", list("entitlements", plain, undefined, true)],
  ["attest", list("attest", each(parseAttest, "attest"), (all) => lastOfEach(all, "type"), true)],
  ["resources", (target, { value }, name) => {
    target.resources = { ...target.resources, ...resource(name, value!) };
  }],
  ["secret", (target, { value }, name) => overrideSecret(target, name, value!)],
]);

/** Changes a target; throws a {@link BakeError}. What is named is allowed thereby. */
export function applyOverrides(
  target: Target,
  overrides: ReadonlyMap<string, Override>,
  allowed: Allowed,
): void {
  if (overrides.size === 0) return;
  const rest = new Set(overrides.keys());
  for (const [key, apply] of keys) {
    for (const [path, override] of overrides) {
      const [first, name] = cut(path);
      if (first !== key) continue;
      rest.delete(path);
      apply(target, override, name);
    }
  }
  for (const path of rest) throw new BakeError(`unknown key: ${cut(path)[0]}`);
  allow(target, overrides, allowed);
}

function cut(path: string): [string, string] {
  const dot = path.indexOf(".");
  return dot < 0 ? [path, ""] : [path.slice(0, dot), path.slice(dot + 1)];
}

function plain(texts: readonly string[]): string[] {
  return [...texts];
}

/** @param what the error is said to be of */
function each<T>(
  parse: (text: string) => T,
  what = "outputs",
): (texts: readonly string[]) => T[] {
  return (texts) => {
    try {
      return texts.filter((text) => text !== "").map(parse);
    } catch (error) {
      if (!(error instanceof BakeError)) throw error;
      throw new BakeError(`invalid value for ${what}: ${error.message}`, { cause: error });
    }
  };
}

function cacheOf(text: string) {
  return text === "" ? [] : parseCache(text);
}

type Lists = {
  [K in keyof Target as NonNullable<Target[K]> extends unknown[] ? K : never]: Target[K];
};

/** @param always whether `=` appends too */
function list<K extends keyof Lists>(
  name: K,
  read: (texts: readonly string[]) => NonNullable<Lists[K]>,
  tidy: (all: never) => unknown = (all) => all,
  always = false,
): Apply {
  return (target, { values, append }) => {
    const added = read(values) as unknown[];
    const old = append || always ? (target[name] as unknown[] | undefined) ?? [] : [];
    target[name] = tidy([...old, ...added] as never) as Target[K];
  };
}

function texts(
  ...names: ("context" | "dockerfile" | "target" | "call" | "shm-size" | "network")[]
) {
  return names.map((name): [string, Apply] => [name, (target, { value }) => {
    target[name] = value!;
  }]);
}

function bools(...names: ("pull" | "no-cache")[]) {
  return names.map((name): [string, Apply] => [name, (target, { value }) => {
    target[name] = bool(name, value);
  }]);
}

function bool(key: string, text = ""): boolean {
  const value = readBool(text);
  if (value !== undefined) return value;
  throw new BakeError(`invalid value ${text} for boolean key ${key}`);
}

function maps(...names: ("args" | "labels" | "contexts" | "extra-hosts")[]) {
  return names.map((name): [string, Apply] => [name, (target, { value }, key) => {
    target[name] = new Map([...target[name] ?? [], [key, value!]]);
  }]);
}

function resource(name: string, value: string): Resources {
  switch (name) {
    case "memory":
    case "memory-swap":
    case "cpuset-cpus":
    case "cpuset-mems":
      return { [name]: value };
    case "cpu-shares":
    case "cpu-period":
    case "cpu-quota":
      if (/^[+-]?\d+$/.test(value) && BigInt.asIntN(64, BigInt(value)) === BigInt(value)) {
        return { [name]: BigInt(value) };
      }
      throw new BakeError(`invalid value ${value} for int64 key resources.${name}`);
    default:
      throw new BakeError(`unknown resources key ${name}`);
  }
}

function overrideSecret(target: Target, id: string, value: string): void {
  if (id === "") {
    throw new BakeError("invalid format for secret, expecting secret.<id>=<value>");
  }
  const declared = target.secret?.some((secret) => secret.id === id);
  if (!declared) {
    throw new BakeError(`secret "${id}" must be declared before it can be overridden`);
  }
  const next = parseSecret(value);
  if (next.id !== "" && next.id !== id) {
    throw new BakeError(
      `secret override id "${next.id}" does not match declared secret "${id}"`,
    );
  }
  target.secret = target.secret!.map((secret) => secret.id === id ? { ...next, id } : secret);
}

function withPush(output: Output, value: string): Output {
  return { ...output, attrs: new Map([...output.attrs, ["push", value]]) };
}

function push(outputs: readonly Output[], on: boolean): Output[] {
  if (!on) {
    return outputs.filter(({ type }) => type !== "registry")
      .map((output) => output.type === "image" ? withPush(output, "false") : output);
  }
  const pushed = outputs.map((output) =>
    output.type === "image" ? withPush(output, "true") : output
  );
  if (outputs.some(({ type }) => type !== "docker")) return pushed;
  return [...pushed, { type: "image", dest: "", attrs: new Map([["push", "true"]]) }];
}

function load(outputs: readonly Output[]): Output[] {
  for (const { type, dest } of outputs) {
    const loads = type === "docker" && dest === "";
    if (loads || !["docker", "image", "registry", "oci"].includes(type)) return [...outputs];
  }
  return [...outputs, { type: "docker", dest: "", attrs: new Map() }];
}

/** What the user typed needs no further permission. */
function allow(
  target: Target,
  overrides: ReadonlyMap<string, Override>,
  allowed: Allowed,
): void {
  const { read, write } = allowed;
  if (overrides.has("cache-from")) read.push(...localPaths(target["cache-from"], "src"));
  if (overrides.has("cache-to")) write.push(...localPaths(target["cache-to"], "dest"));
  if (overrides.has("ssh")) read.push(...(target.ssh ?? []).flatMap(({ paths }) => paths));
  if (overrides.has("output")) {
    write.push(...(target.output ?? []).map(({ dest }) => dest).filter((dest) => dest !== ""));
  }
  const entitlements = overrides.get("entitlements")?.values ?? [];
  if (entitlements.includes("network.host")) allowed.networkHost = true;
  if (entitlements.includes("security.insecure")) allowed.securityInsecure = true;
  const named = new Set(
    (overrides.get("secrets")?.values ?? []).filter((text) => text !== "")
      .map((text) => parseSecret(text).id),
  );
  for (const path of overrides.keys()) {
    const [key, id] = cut(path);
    if (key === "secret") named.add(id);
  }
  for (const { id, src } of target.secret ?? []) if (named.has(id) && src !== "") read.push(src);
}

function localPaths(
  caches: Target["cache-from"],
  key: "src" | "dest",
): string[] {
  return (caches ?? []).flatMap(({ type, attrs }) =>
    type === "local" && attrs.has(key) ? [attrs.get(key)!] : []
  );
}
