/**
 * The configuration of the daemons that a driver makes: `--buildkitd-config` and the certificates
 * that it names for registries. All of them are copied into the store, and from there into the
 * container.
 */
import { byKey } from "../../base/by_key.ts";
import { isObject } from "../../base/json.ts";
import { stringify, type TomlTable } from "smol-toml";
import { osReason } from "../../base/os_reason.ts";
import { baseName } from "../../base/paths.ts";
import { BuilderError } from "../builder_error.ts";
import { CONFIG_DIR, CONFIG_FILE } from "./config_paths.ts";
import { findMisfit } from "./config_shape.ts";
import { parseToml } from "./toml.ts";

/** The largest file that is copied, in bytes; buildx cuts off longer ones. */
const LARGEST = 1 << 20;

/** A daemon's configuration, read. */
export interface DaemonConfig {
  /** Base64 by path below `CONFIG_DIR`, as the store keeps files. */
  readonly files: Readonly<Record<string, string>>;
  /** `insecure-entitlements` of the file. */
  readonly entitlements: readonly string[];
}

/** @param path absolute. Throws `BuilderError`. */
export function readDaemonConfig(path: string): DaemonConfig {
  const config = parseConfig(readBytes(path, "buildkit configuration file"), path);
  const files: Record<string, string> = {};
  const registries = tableOf(config["registry"]) ?? {};
  for (const [host, value] of Object.entries(registries)) {
    const registry = tableOf(value) ?? {};
    const folder = `certs/${host.replace(/[^a-zA-Z0-9.-]+/g, "_")}`;
    const copy = (file: unknown, what: string) => {
      const name = `${folder}/${baseName(String(file))}`;
      files[name] = readBytes(String(file), what).toBase64();
      return `${CONFIG_DIR}/${name}`;
    };
    const { ca, keypair } = registry;
    if (Array.isArray(ca) && ca.length > 0) {
      registry["ca"] = ca.map((file) => copy(file, "CA file"));
    }
    if (Array.isArray(keypair) && keypair.length > 0) {
      registry["keypair"] = keypair.map((pair) => {
        const { key, cert } = tableOf(pair) ?? {};
        return {
          ...key && { key: copy(key, "key file") },
          ...cert && { cert: copy(cert, "cert file") },
        };
      });
    }
  }
  files[CONFIG_FILE] = new TextEncoder().encode(stringify(sorted(config) as TomlTable)).toBase64();
  const entitlements = config["insecure-entitlements"];
  return { files, entitlements: Array.isArray(entitlements) ? entitlements.map(String) : [] };
}

/** Tables with their keys in order, so that equal configurations are equal texts. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  const table = tableOf(value);
  if (table === undefined) return value;
  const entries = Object.entries(table).sort(byKey);
  return Object.fromEntries(entries.map(([key, each]) => [key, sorted(each)]));
}

function parseConfig(bytes: Uint8Array, path: string): TomlTable {
  const text = new TextDecoder().decode(bytes);
  const config = parseToml(text, (at, problem) => {
    throw invalid(path, `${at}: ${problem}`);
  });
  const misfit = findMisfit(config);
  if (misfit === undefined) return config;
  const keys = misfit.path.map((key) => /^[\w-]+$/.test(key) ? key : JSON.stringify(key));
  throw invalid(path, `${placeOf(misfit.path, text)}${keys.join(".")} must be ${misfit.expected}`);
}

/** Where a key is set, as the beginning of a message; empty unless just one line may set it. */
function placeOf(path: readonly string[], text: string): string {
  const key = path.at(-1);
  const found = text.split("\n").flatMap((line, i) => {
    const [, before, name] = /^(\s*)(?:[\w.-]+\.)?["']?([\w.-]+)["']?\s*=/.exec(line) ?? [];
    return name === key ? [`line ${i + 1}, column ${before!.length + 1}: `] : [];
  });
  return found.length === 1 ? found[0]! : "";
}

function invalid(path: string, problem: string): BuilderError {
  return new BuilderError(`failed to parse buildkit configuration file: ${path}: ${problem}`, {
    hint: "see https://docs.docker.com/build/buildkit/toml-configuration",
  });
}

function readBytes(path: string, what: string): Uint8Array {
  try {
    const bytes = Deno.readFileSync(path);
    if (bytes.length <= LARGEST) return bytes;
    throw new BuilderError(`failed to read ${what}: ${path} is larger than ${LARGEST} bytes`, {
      hint: "only text files belong there",
    });
  } catch (error) {
    if (error instanceof BuilderError) throw error;
    const isAbsent = error instanceof Deno.errors.NotFound && what.startsWith("buildkit");
    throw new BuilderError(
      isAbsent
        ? `buildkit configuration file not found: ${path}`
        : `failed to read ${what}: ${path}: ${osReason(error)}`,
      { hint: "check the path, and that this user may read the file", cause: error },
    );
  }
}

function tableOf(value: unknown): TomlTable | undefined {
  return isObject(value) && !(value instanceof Date) ? value as TomlTable : undefined;
}
