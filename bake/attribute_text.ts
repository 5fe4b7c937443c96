/**
 * The text forms of what a target's lists hold: `type=local,dest=x`, `id=a,src=b`, `default=path`. One
 * line of CSV each. Messages are the peer's; all throw `BakeError`.
 */
import { parseBool, readBool } from "../base/go/bool.ts";
import { BakeError } from "./error.ts";
import { csvFields } from "../base/go/csv.ts";
import { quote } from "../base/go/quote.ts";
import type { Attest, CacheEntry, Output, Policy, Secret, Ssh } from "./target.ts";

/** `type=T,key=value…`, or references of a registry with commas between: an entry each. */
export function parseCache(text: string): CacheEntry[] {
  const fields = fieldsOf(text);
  if (!text.includes("=")) {
    return fields.map((ref) => ({ type: "registry", attrs: new Map([["ref", ref]]) }));
  }
  const attrs = pairsOf(fields, (key) => key.toLowerCase());
  const type = taken(attrs, "type");
  if (type === "") throw new BakeError(`type required for ${quote(text)}`);
  return [{ type, attrs }];
}

/** `type=T,dest=D,key=value…`; one field that is none of these is a folder, or `-` a tar on stdout. */
export function parseOutput(text: string): Output {
  const fields = fieldsOf(text);
  if (fields.length === 1 && fields[0] === text && !text.startsWith("type=")) {
    return { type: text === "-" ? "tar" : "local", dest: text, attrs: new Map() };
  }
  const attrs = pairsOf(fields, (key) => key.toLowerCase().trim());
  const type = taken(attrs, "type");
  const dest = taken(attrs, "dest");
  if (type === "") throw new BakeError("type is required for output");
  return { type, dest, attrs };
}

/** `type=T[,disabled=BOOL],key=value…`. */
export function parseAttest(text: string): Attest {
  const known = ["type", "disabled"];
  const attrs = pairsOf(fieldsOf(text), (key) => {
    const plain = key.toLowerCase().trim();
    return known.includes(plain) ? plain : key;
  });
  const type = taken(attrs, "type");
  const disabled = taken(attrs, "disabled");
  if (type === "") throw new BakeError("attestation type not specified");
  return { type, disabled: disabled !== "" && boolOf(disabled, `disabled=${disabled}`), attrs };
}

/** `--sbom=V` and its like: a boolean says whether, anything else how. */
export function shorthandAttest(type: string, value: string): Attest {
  const bool = readBool(value);
  return parseAttest(`type=${type},${bool === undefined ? value : `disabled=${!bool}`}`);
}

/** `id=ID[,src=PATH][,env=NAME]`; `type=env,id=ID,src=NAME` is the old way. */
export function parseSecret(text: string): Secret {
  const secret: Secret = { id: "", src: "", env: "" };
  let type = "";
  for (const field of fieldsOf(text, "failed to parse csv secret: ")) {
    const equals = field.indexOf("=");
    if (equals < 0) throw new BakeError(`invalid field '${field}' must be a key=value pair`);
    const key = field.slice(0, equals).toLowerCase();
    const value = field.slice(equals + 1);
    if (key === "id" || key === "env") secret[key] = value;
    else if (key === "src" || key === "source") secret.src = value;
    else if (key !== "type") throw new BakeError(`unexpected key '${key}' in '${field}'`);
    else if (value === "file" || value === "env") type = value;
    else throw new BakeError(`unsupported secret type ${quote(value)}`);
  }
  if (type === "env" && secret.env === "") return { ...secret, src: "", env: secret.src };
  return secret;
}

/** `ID[=PATH[,PATH…]]`. */
export function parseSsh(text: string): Ssh {
  const equals = text.indexOf("=");
  if (equals < 0) return { id: text, paths: [] };
  return { id: text.slice(0, equals), paths: text.slice(equals + 1).split(",") };
}

const levels = ["panic", "fatal", "error", "warning", "info", "debug", "trace"];

/** `filename=F,reset=BOOL,disabled=BOOL,strict=BOOL,log-level=L`. */
export function parsePolicy(text: string): Policy {
  return policyOf(fieldsOf(text));
}

/** The same of fields that are apart already. */
export function policyOf(fields: readonly string[]): Policy {
  const policy: Policy = { filenames: [], reset: false, disabled: false };
  for (const field of fields) {
    const equals = field.indexOf("=");
    const key = field.slice(0, Math.max(equals, 0)).toLowerCase().trim();
    const value = field.slice(equals + 1);
    if (key === "filename" && value !== "") policy.filenames.push(value);
    else if (key === "reset" || key === "disabled" || key === "strict") {
      policy[key] = boolOf(value, field);
    } else if (key === "log-level") policy.logLevel = readLevel(value, field);
    else throw new BakeError(`invalid value ${field}`);
  }
  return policy;
}

function readLevel(text: string, field: string): string {
  const level = text.toLowerCase();
  if (level === "warn") return "warning";
  if (levels.includes(level)) return level;
  throw new BakeError(`invalid value ${field}: not a valid logrus Level: ${quote(text)}`);
}

/** `field` is what the error names. */
function boolOf(text: string, field: string): boolean {
  try {
    return parseBool(text);
  } catch (error) {
    throw new BakeError(`invalid value ${field}: ${(error as Error).message}`);
  }
}

function fieldsOf(text: string, before = ""): string[] {
  try {
    return csvFields(text);
  } catch (error) {
    throw new BakeError(`${before}${(error as Error).message}`);
  }
}

function pairsOf(fields: readonly string[], keyOf: (key: string) => string): Map<string, string> {
  return new Map(fields.map((field) => {
    const equals = field.indexOf("=");
    if (equals < 0) throw new BakeError(`invalid value ${field}`);
    return [keyOf(field.slice(0, equals)), field.slice(equals + 1)];
  }));
}

/** The value of a key, which is no attribute then; empty without it. */
function taken(attrs: Map<string, string>, key: string): string {
  const value = attrs.get(key) ?? "";
  attrs.delete(key);
  return value;
}
