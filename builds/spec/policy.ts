/** `--policy`: which Rego policies a build is under. Messages are buildx's. */
import { UsageError } from "../../base/usage_error.ts";
import { csvFields } from "../../base/go/csv.ts";
import { parseBool } from "../../base/go/bool.ts";

/** The policies of a build. */
export interface PolicyChoice {
  /** None at all: neither those that are found nor the program's own. */
  readonly disabled: boolean;
  /** One beside the Dockerfile holds, if it is there. */
  readonly beside: boolean;
  readonly files: readonly string[];
}

/** One value of the flag. */
export interface PolicyConfig {
  readonly files: string[];
  reset: boolean;
  disabled: boolean;
  /** How policies are evaluated is told. */
  tuned: boolean;
}

/** Reads every value of the flag. Throws `UsageError`. */
export function parsePolicies(texts: readonly string[]): PolicyConfig[] {
  return texts.map(parseConfig);
}

/** What they say together, in their order: `reset` forgets what came before. Throws `UsageError`. */
export function choosePolicies(configs: readonly PolicyConfig[]): PolicyChoice {
  const off = configs.find(({ disabled }) => disabled);
  if (off) {
    if (configs.length > 1 || off.reset || off.tuned || off.files.length > 0) {
      throw new UsageError("disabled policy cannot be combined with other policy flags");
    }
    return { disabled: true, beside: false, files: [] };
  }
  let beside = true;
  let files: string[] = [];
  for (const config of configs) {
    if (config.reset) [beside, files] = [false, []];
    files.push(...config.files);
  }
  return { disabled: false, beside, files };
}

const levels = new Set("panic fatal error warn warning info debug trace".split(" "));

function parseConfig(text: string): PolicyConfig {
  const config: PolicyConfig = { files: [], reset: false, disabled: false, tuned: false };
  for (const field of csvFields(text)) {
    const equals = field.indexOf("=");
    const key = field.slice(0, Math.max(equals, 0)).toLowerCase().trim();
    const value = field.slice(equals + 1);
    if (key === "filename" && value !== "") config.files.push(value);
    else if (key === "reset") config.reset = boolean(field, value);
    else if (key === "disabled") config.disabled = boolean(field, value);
    else if (key === "strict") config.tuned = boolean(field, value) || true;
    else if (key === "log-level") config.tuned = level(field, value);
    else throw new UsageError(`invalid value ${field}`);
  }
  return config;
}

function level(field: string, value: string): true {
  if (levels.has(value.toLowerCase())) return true;
  throw new UsageError(
    `invalid value ${field}: not a valid logrus Level: ${JSON.stringify(value)}`,
  );
}

function boolean(field: string, value: string): boolean {
  try {
    return parseBool(value);
  } catch (error) {
    throw new UsageError(`invalid value ${field}: ${(error as Error).message}`);
  }
}
