/** The driver options of `kubernetes`. */
import { byKey } from "../../../base/by_key.ts";
import { parseBool } from "../../../base/go/bool.ts";
import { parseDuration } from "../../../base/go/duration.ts";
import { quote } from "../../../base/go/quote.ts";
import { BuilderError } from "../../builder_error.ts";
import { parseInteger } from "../../../base/go/int.ts";
import { readOption, unknownOption, variableOf } from "../../making/read_option.ts";
import { AMOUNTS, OPTION_NAMES } from "../../making/option_names.ts";
import type { StoredNode } from "../../store/node_group.ts";
import { APP, PLATFORMS } from "./names.ts";
import { checkQuantity } from "./quantity.ts";

/** One of the node's taints that the pods tolerate. */
export interface Toleration {
  key?: string;
  operator?: string;
  value?: string;
  effect?: string;
  tolerationSeconds?: number;
}

export interface PodOptions {
  readonly image: string;
  /** Undefined: the namespace of the kubeconfig's context. */
  readonly namespace?: string;
  readonly replicas: number;
  /** Amounts by the option's name; those that are empty are left out. */
  readonly amounts: Readonly<Partial<Record<Amount, string>>>;
  readonly nodeSelector: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly tolerations: readonly Toleration[];
  readonly serviceAccount: string;
  readonly scheduler: string;
  readonly rootless: boolean;
  readonly qemuImage: string;
  readonly installQemu: boolean;
  /** The limit on waiting for ready pods, in milliseconds. */
  readonly timeout: number;
  readonly env: readonly { readonly name: string; readonly value: string }[];
}

const DEFAULT_IMAGE = "moby/buildkit:buildx-stable-1";
const QEMU_IMAGE = "tonistiigi/binfmt:latest";

export type Amount = typeof AMOUNTS[number];

/**
 * Throws `BuilderError`, in buildx's words, for an unknown option or a value that it doesn't take.
 */
export function readPodOptions({ driverOpts }: Pick<StoredNode, "driverOpts">): PodOptions {
  const given = driverOpts ?? {};
  const amounts: Partial<Record<Amount, string>> = {};
  const env: { name: string; value: string }[] = [];
  for (const [name, value] of Object.entries(given).sort(byKey)) {
    if (AMOUNTS.includes(name as Amount)) {
      if (value !== "") amounts[name as Amount] = readOption(name, value, checkQuantity);
      continue;
    }
    const variable = variableOf(name);
    if (variable !== undefined) env.push({ name: variable, value });
    else if (!(OPTION_NAMES.kubernetes as readonly string[]).includes(name)) {
      throw unknownOption(name, "kubernetes");
    }
  }
  const read = <T>(name: string, other: T, parse: (text: string) => T): T =>
    given[name] === undefined ? other : readOption(name, given[name], parse);
  read("loadbalance", "", checkLoadbalance);
  read("default-load", false, parseBool);
  const pairs = (name: string, what: string) =>
    read(name, {}, (text) => parsePairs(text, `cannot parse ${what}`));
  const options: PodOptions = {
    // buildx takes the rootless image for any value of the option.
    image: given["image"] ||
      (given["rootless"] !== undefined && given["image"] === undefined
        ? `${DEFAULT_IMAGE}-rootless`
        : DEFAULT_IMAGE),
    ...given["namespace"] && { namespace: given["namespace"] },
    replicas: read("replicas", 1, parseReplicas),
    amounts,
    nodeSelector: pairs("nodeselector", "node selector"),
    annotations: pairs("annotations", "annotations"),
    labels: pairs("labels", "labels"),
    tolerations: read("tolerations", [], parseTolerations),
    serviceAccount: given["serviceaccount"] ?? "",
    scheduler: given["schedulername"] ?? "",
    rootless: read("rootless", false, parseBool),
    installQemu: read("qemu.install", false, parseBool),
    qemuImage: given["qemu.image"] || QEMU_IMAGE,
    timeout: read("timeout", 120_000, parseTimeout),
    env,
  };
  refuseReserved("annotation", PLATFORMS, options.annotations);
  refuseReserved("label", APP, options.labels);
  return options;
}

function checkLoadbalance(text: string): string {
  if (text === "sticky" || text === "random") return text;
  throw new BuilderError(`invalid loadbalance ${quote(text)}`, {
    hint: "the driver option loadbalance must be sticky or random",
  });
}

function parseReplicas(text: string): number {
  const count = Number(parseInteger(text, 32));
  if (count >= 1) return count;
  throw new Error(`invalid replicas ${count}: a builder needs at least one pod`);
}

/** Parses `A=B,C=D`, possibly between quotation marks. */
function parsePairs(text: string, failure: string): Record<string, string> {
  const entries = text.replace(/^"+|"+$/g, "").split(",").map((pair) => {
    const [key = "", value = "", ...more] = pair.split("=");
    if (more.length > 0 || !pair.includes("=")) {
      throw new Error(`${failure}: invalid key-value pair: ${pair}`);
    }
    return [key, value];
  });
  return Object.fromEntries(entries);
}

/**
 * Parses `key=K,operator=O,value=V,effect=E,tolerationSeconds=N;…`; pieces without `=` are skipped.
 */
function parseTolerations(text: string): Toleration[] {
  return text.split(";").map((each) => {
    const toleration: Toleration = {};
    for (const [key, value, ...more] of each.split(",").map((pair) => pair.split("="))) {
      if (value === undefined || more.length > 0) continue;
      switch (key) {
        case "key":
        case "operator":
        case "value":
        case "effect":
          if (value !== "") toleration[key] = value;
          break;
        case "tolerationSeconds":
          toleration.tolerationSeconds = Number(parseInteger(value, 64, "Atoi"));
          break;
        default:
          // The word is misspelled in buildx, too.
          throw new Error(`invalid tolaration ${quote(text)}`);
      }
    }
    return toleration;
  });
}

function parseTimeout(text: string): number {
  try {
    return Number(parseDuration(text) / 1_000_000n);
  } catch (error) {
    throw new Error(`cannot parse timeout: ${(error as Error).message}`);
  }
}

function refuseReserved(kind: string, name: string, given: Readonly<Record<string, string>>) {
  if (given[name] === undefined) return;
  throw new BuilderError(`the ${kind} "${name}" is reserved and cannot be customized`, {
    hint: `leave it out of the driver option ${kind}s`,
  });
}
