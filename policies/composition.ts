/** Which policies a build is under: `--policy`, in buildx's rules. */
import { parseBool } from "../base/go/bool.ts";
import { csvFields } from "../base/go/csv.ts";
import { UsageError } from "../base/usage_error.ts";

/** One value of the flag. */
export interface PolicyConfig {
  /** Modules of one policy. */
  readonly files: string[];
  reset: boolean;
  disabled: boolean;
  strict?: boolean;
  logLevel?: PolicyLogLevel;
}

export type PolicyLogLevel = "panic" | "fatal" | "error" | "warning" | "info" | "debug" | "trace";

/** A policy of a build; `files` is empty for the one beside the Dockerfile. */
export interface ChosenPolicy {
  readonly files: readonly string[];
  strict: boolean;
  logLevel: PolicyLogLevel | undefined;
}

/** Reads every value of the flag. Throws `UsageError`. */
export function parsePolicies(texts: readonly string[]): PolicyConfig[] {
  return texts.map(parseConfig);
}

/**
 * The policies in the order in which they are asked, or "disabled" for none at all: then the program's
 * own does not hold either. A value without a file changes the last policy, or what follows where there
 * is none yet. Throws `UsageError`.
 *
 * @param beside whether a policy may lie beside the Dockerfile
 */
export function choosePolicies(
  configs: readonly PolicyConfig[],
  beside: boolean,
): ChosenPolicy[] | "disabled" {
  if (configs.some(({ disabled }) => disabled)) {
    const [{ files, reset, strict, logLevel }] = configs as [PolicyConfig];
    const tuned = strict !== undefined || logLevel !== undefined;
    if (configs.length > 1 || files.length > 0 || reset || tuned) {
      throw new UsageError("disabled policy cannot be combined with other policy flags");
    }
    return "disabled";
  }
  let chosen: ChosenPolicy[] = beside ? [{ files: [], strict: false, logLevel: undefined }] : [];
  let defaults: PolicyConfig | undefined;
  for (const config of configs) {
    if (config.reset) chosen = [];
    const last = chosen.at(-1);
    if (config.files.length > 0) {
      chosen.push({
        files: config.files,
        strict: config.strict ?? defaults?.strict ?? false,
        logLevel: config.logLevel ?? defaults?.logLevel,
      });
    } else if (last === undefined) {
      defaults = config;
    } else {
      last.strict = config.strict ?? last.strict;
      last.logLevel = config.logLevel ?? last.logLevel;
    }
  }
  return chosen;
}

const LEVELS = "panic fatal error warning info debug trace".split(" ");

function parseConfig(text: string): PolicyConfig {
  const config: PolicyConfig = { files: [], reset: false, disabled: false };
  for (const field of csvFields(text)) {
    const equals = field.indexOf("=");
    const key = field.slice(0, Math.max(equals, 0)).toLowerCase().trim();
    const value = field.slice(equals + 1);
    if (key === "filename" && value !== "") config.files.push(value);
    else if (key === "reset" || key === "disabled" || key === "strict") {
      config[key] = boolean(field, value);
    } else if (key === "log-level") config.logLevel = level(field, value);
    else throw new UsageError(`invalid value ${field}`);
  }
  return config;
}

function level(field: string, value: string): PolicyLogLevel {
  const name = value.toLowerCase() === "warn" ? "warning" : value.toLowerCase();
  if (LEVELS.includes(name)) return name as PolicyLogLevel;
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
