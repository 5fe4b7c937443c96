/**
 * Reads the JSON of manifests and indexes
 * (https://github.com/opencontainers/image-spec/blob/main/manifest.md). The author of that JSON is
 * not trusted, so the type of each field is checked before use.
 */
import { isObject } from "../../base/json.ts";
import type { Descriptor } from "./descriptor.ts";
import { digestProblem } from "./digest.ts";

/** A manifest or an index; lists that are missing are empty. */
export interface Manifest {
  readonly mediaType?: string;
  readonly config?: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly manifests: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Every other field, as it is written. */
  readonly [field: string]: unknown;
}

/** Content that isn't what its media type promises. */
export class ManifestError extends Error {
  override readonly name = "ManifestError";
  readonly hint = "the image is damaged, or not to be trusted: check where it comes from";
}

/** How deep indexes may be nested; a referrer counts as one level. */
export const DEEPEST = 32;
/** How many manifests one image may have: a hostile registry can invent others without end. */
export const MOST = 10_000;

/** How deep objects and lists may be nested in JSON; Go's reader accepts 10,000. */
const DEEPEST_JSON = 1000;

/** @param shown the content as errors name it. Throws `ManifestError`. */
export function parseManifest(bytes: Uint8Array, shown: string): Manifest {
  const json = parseJson(bytes, shown);
  const fail = (problem: string): never => {
    throw new ManifestError(`${shown}: ${problem}`);
  };
  if (!isObject(json)) return fail("the manifest is not an object");
  for (const field of ["mediaType", "artifactType"]) {
    if (!isText(json[field] ?? "")) fail(`${field} is not a string`);
  }
  if (!isTexts(json["annotations"] ?? {})) fail("annotations are not a map of strings");
  const descriptor = (value: unknown, where: string): Descriptor => {
    if (!isObject(value)) return fail(`${where}: a descriptor is an object`);
    const problem = fieldProblem(value) ?? digestProblem(String(value["digest"] ?? ""));
    if (problem !== undefined) fail(`${where}: ${problem}`);
    return { mediaType: "", digest: "", size: 0, ...withoutNulls(value) };
  };
  const one = (field: "config" | "subject") =>
    (json[field] ?? undefined) === undefined ? {} : { [field]: descriptor(json[field], field) };
  const list = (field: "layers" | "manifests"): readonly Descriptor[] => {
    const value = json[field] ?? [];
    if (!Array.isArray(value)) return fail(`${field} is not a list`);
    return value.map((entry, i) => descriptor(entry, `${field}[${i}]`));
  };
  return {
    ...withoutNulls(json),
    ...one("config"),
    ...one("subject"),
    layers: list("layers"),
    manifests: list("manifests"),
  };
}

/** Go reads a null as if the field were missing. */
function withoutNulls(json: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(json).filter(([, value]) => value !== null));
}

/** Reads JSON. Throws `ManifestError` for other text, and for text that is nested too deeply. */
export function parseJson(bytes: Uint8Array, shown: string): unknown {
  if (depthOf(bytes) > DEEPEST_JSON) {
    throw new ManifestError(`${shown}: its JSON is nested more than ${DEEPEST_JSON} deep`);
  }
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new ManifestError(`${shown}: its content is not valid JSON`);
  }
}

/** The nesting depth of objects and lists; text that is no JSON has a depth, too. */
function depthOf(bytes: Uint8Array): number {
  let depth = 0, deepest = 0, quoted = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (quoted) {
      if (byte === 0x5c) i++;
      else if (byte === 0x22) quoted = false;
    } else if (byte === 0x22) quoted = true;
    else if (byte === 0x5b || byte === 0x7b) deepest = Math.max(deepest, ++depth);
    else if (byte === 0x5d || byte === 0x7d) depth--;
  }
  return deepest;
}

const isText = (value: unknown) => typeof value === "string";
const isTexts = (value: unknown) => isObject(value) && Object.values(value).every(isText);
const isList = (value: unknown) => Array.isArray(value) && value.every(isText);
const isSize = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;

function isPlatform(value: unknown): boolean {
  return isObject(value) &&
    Object.entries(value).every(([name, part]) =>
      part === null || (name === "os.features" ? isList(part) : isText(part))
    );
}

/** The fields of a descriptor: whether a value is right, and what it should be. */
const fields: readonly (readonly [keyof Descriptor, (value: unknown) => boolean, string])[] = [
  ["digest", isText, "text"],
  ["mediaType", isText, "text"],
  ["artifactType", isText, "text"],
  ["data", isText, "text"],
  ["size", isSize, "a whole number"],
  ["urls", isList, "a list of strings"],
  ["annotations", isTexts, "a map of strings"],
  ["platform", isPlatform, "an object with os and architecture"],
];

/** Says which field of a descriptor has a wrong type; fields may be missing. */
export function fieldProblem(json: Readonly<Record<string, unknown>>): string | undefined {
  for (const [name, isRight, what] of fields) {
    const value = json[name] ?? undefined;
    if (value !== undefined && !isRight(value)) {
      return `${name} is ${what}, not ${JSON.stringify(value).slice(0, 100)}`;
    }
  }
  return undefined;
}
