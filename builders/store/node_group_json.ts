/**
 * The form of a builder in buildx's store: Go's JSON of its NodeGroup, one line, no newline.
 *
 *     {"Name":"n1","Driver":"remote","Nodes":[{"Name":"n10","Endpoint":"tcp://127.0.0.1:1234",
 *       "Platforms":[{"architecture":"arm","os":"linux","variant":"v7"}],
 *       "DriverOpts":{"cacert":"/ca.pem"},"Flags":null,"Files":null}],"Dynamic":false}
 *
 * Keys have the order of Go's struct, keys of maps are sorted, and `< > &` are escaped. buildx
 * drops unknown keys when it saves; fairlead keeps them behind the known ones.
 */
import { byKey } from "../../base/by_key.ts";
import { goJson } from "../../base/go/json.ts";
import { isObject } from "../../base/json.ts";
import type { Current } from "./store.ts";
import type { JsonObject, NodeGroup, StoredNode } from "./node_group.ts";
import type { Platform } from "../platforms.ts";

/** Parses a builder. Throws an Error that names the wrong key. */
export function parseNodeGroup(text: string): NodeGroup {
  const { Name, Driver, Nodes, Dynamic, ...extra } = objectOf(text);
  const name = string(Name, "Name");
  if (name === "") throw new Error("it has no Name");
  return {
    name,
    driver: string(Driver, "Driver"),
    nodes: (list(Nodes, "Nodes") ?? []).map((node, i) => parseNode(node, `Nodes[${i}]`)),
    dynamic: boolean(Dynamic, "Dynamic"),
    extra,
  };
}

/** Parses `current`. Throws as `parseNodeGroup`. */
export function parseCurrent(text: string): Current | undefined {
  if (text.trim() === "null") return undefined;
  const { Key, Name, Global } = objectOf(text);
  return {
    key: string(Key, "Key"),
    name: string(Name, "Name"),
    global: boolean(Global, "Global"),
  };
}

/** Keeps the parser's message out of the error, because that message quotes the text. */
function objectOf(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const [at = ""] = /line \d+ column \d+/.exec((error as Error).message) ?? [];
    throw new Error(`it is not valid JSON${at && `, from ${at} on`}`);
  }
  return object(value, "the file");
}

function parseNode(value: unknown, at: string): StoredNode {
  const { Name, Endpoint, Platforms, DriverOpts, Flags, Files, ...extra } = object(value, at);
  const platforms = list(Platforms, `${at}.Platforms`);
  return {
    name: string(Name, `${at}.Name`),
    endpoint: string(Endpoint, `${at}.Endpoint`),
    platforms: platforms?.map((item, i) => parsePlatform(item, `${at}.Platforms[${i}]`)) ?? null,
    driverOpts: strings(DriverOpts, `${at}.DriverOpts`),
    flags: list(Flags, `${at}.Flags`)?.map((flag) => string(flag, `${at}.Flags`)) ?? null,
    files: strings(Files, `${at}.Files`),
    extra,
  };
}

function parsePlatform(value: unknown, at: string): Platform {
  const platform = object(value, at);
  const variant = string(platform.variant, `${at}.variant`);
  const osVersion = string(platform["os.version"], `${at}.os.version`);
  const features = list(platform["os.features"], `${at}.os.features`) ?? [];
  const osFeatures = features.map((feature) => string(feature, `${at}.os.features`));
  return {
    os: string(platform.os, `${at}.os`),
    architecture: string(platform.architecture, `${at}.architecture`),
    ...variant && { variant },
    ...osVersion && { osVersion },
    ...osFeatures.length > 0 && { osFeatures },
  };
}

/** Prints the text of a builder's file. */
export function formatNodeGroup(group: NodeGroup): string {
  return goJson({
    Name: group.name,
    Driver: group.driver,
    Nodes: group.nodes.map((node) => ({
      Name: node.name,
      Endpoint: node.endpoint,
      Platforms: node.platforms?.map(platformJson) ?? null,
      DriverOpts: node.driverOpts && sorted(node.driverOpts),
      Flags: node.flags,
      Files: node.files && sorted(node.files),
      ...node.extra,
    })),
    Dynamic: group.dynamic,
    ...group.extra,
  });
}

function platformJson(platform: Platform): JsonObject {
  return {
    architecture: platform.architecture,
    os: platform.os,
    ...platform.osVersion && { "os.version": platform.osVersion },
    ...platform.osFeatures?.length && { "os.features": platform.osFeatures },
    ...platform.variant && { variant: platform.variant },
  };
}

/** Sorts an object's keys as Go sorts those of a map. */
export function sorted<T>(map: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(map).sort(byKey));
}

function object(value: unknown, at: string): Record<string, unknown> {
  if (isObject(value)) return value;
  throw new Error(`${at} is not an object`);
}

/** Null and absent mean the empty value, as in Go. */
function string(value: unknown, at: string): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return value;
  throw new Error(`${at} is not a string`);
}

function boolean(value: unknown, at: string): boolean {
  if (value === undefined || value === null) return false;
  if (typeof value === "boolean") return value;
  throw new Error(`${at} is not a boolean`);
}

function list(value: unknown, at: string): unknown[] | null {
  if (value === undefined || value === null) return null;
  if (Array.isArray(value)) return value;
  throw new Error(`${at} is not a list`);
}

function strings(value: unknown, at: string): Record<string, string> | null {
  if (value === undefined || value === null) return null;
  const entries = Object.entries(object(value, at));
  return Object.fromEntries(entries.map(([key, item]) => [key, string(item, `${at}.${key}`)]));
}
