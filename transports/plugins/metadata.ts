/** Reads the metadata of an executable plugin: the JSON object that `PLUGIN metadata` prints. */
import { maybe } from "../../base/maybe.ts";
import { isObject } from "../../base/json.ts";
import type { OptionSpec } from "../transport.ts";

/** The versions of the protocol that fairlead speaks. */
const OURS: Range = { min: 1, max: 1 };

/** A range of versions, both ends included. */
interface Range {
  readonly min: number;
  readonly max: number;
}

/** Valid metadata of a protocol version that fairlead speaks. */
export interface Metadata {
  readonly protocol: Range;
  readonly name: string;
  readonly version: string;
  readonly vendor?: string;
  readonly schemes: readonly string[];
  readonly summary: string;
  readonly handshake: "line" | "none";
  /** The options of the plugin; when undefined, it accepts any option. */
  readonly options?: readonly OptionSpec[];
}

/** Metadata can't be read or used. The message is about the plugin: "it speaks …". */
export class MetadataError extends Error {
  override readonly name = "MetadataError";
  /** @param code the code for the dial's error */
  constructor(problem: string, readonly hint: string, readonly code: "internal" | "unsupported") {
    super(problem);
  }
}

const HINT = "see docs/writing-a-transport.md for what 'metadata' must print";

/** The error for metadata that breaks the protocol. */
export function bad(problem: string): MetadataError {
  return new MetadataError(problem, HINT, "internal");
}

/** Reads a plugin's output. Unknown fields are ignored. Throws `MetadataError`. */
export function parseMetadata(text: string): Metadata {
  const value: unknown = maybe(() => JSON.parse(text));
  if (text === "") throw bad("'metadata' printed nothing");
  if (value === undefined) {
    throw bad(`its metadata is not JSON: ${JSON.stringify(text.slice(0, 200))}`);
  }
  if (!isObject(value)) throw bad("its metadata is not a JSON object");
  // The version is checked first, because another version may have other fields.
  const protocol = rangeOf(value.protocol);
  if (protocol.min > OURS.max || protocol.max < OURS.min) {
    const hint = protocol.min > OURS.max ? "update fairlead" : "update the plugin";
    throw new MetadataError(
      `it speaks plugin protocol ${rangeText(protocol)}, and fairlead ${rangeText(OURS)}`,
      hint,
      "unsupported",
    );
  }
  const { name, version = "", vendor, schemes, summary = "", handshake = "line" } = value;
  const [wrong] = Object.entries({ name, version, vendor, summary })
    .filter(([key, text]) => typeof text !== "string" && (text !== undefined || key === "name"));
  if (wrong !== undefined) throw bad(`its metadata has no valid "${wrong[0]}"`);
  if (!isStrings(schemes) || schemes.length === 0) {
    throw bad('its metadata has no valid "schemes"');
  }
  if (handshake !== "line" && handshake !== "none") {
    throw bad('the "handshake" of its metadata is neither "line" nor "none"');
  }
  const options = value.options === undefined ? undefined : optionsOf(value.options);
  return {
    protocol,
    name: name as string,
    version: version as string,
    ...vendor !== undefined && { vendor: vendor as string },
    schemes,
    summary: summary as string,
    handshake,
    ...options !== undefined && { options },
  };
}

function rangeOf(value: unknown): Range {
  const { min, max } = isObject(value) ? value : {};
  if (!Number.isInteger(min) || !Number.isInteger(max) || (min as number) > (max as number)) {
    throw bad('its metadata has no valid "protocol", like {"min":1,"max":1}');
  }
  return { min: min as number, max: max as number };
}

function rangeText({ min, max }: Range): string {
  return min === max ? `${min}` : `${min} to ${max}`;
}

function optionsOf(value: unknown): OptionSpec[] {
  if (!Array.isArray(value)) throw bad('the "options" of its metadata are not a list');
  return value.map((option: unknown) => {
    if (!isObject(option) || typeof option.name !== "string" || option.name === "") {
      throw bad('an entry of the "options" of its metadata has no "name"');
    }
    const { name, summary } = option;
    return {
      name,
      summary: typeof summary === "string" ? summary : "",
      ...option.required === true && { required: true },
      ...option.secret === true && { secret: true },
    };
  });
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
