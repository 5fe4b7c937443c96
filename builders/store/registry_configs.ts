/**
 * Settings of registries in a builder's buildkitd.toml. buildx keeps that file, with the
 * certificates that the file names, in the builder's first node, and asks registries by it, too.
 */
import { fieldsOf, isObject, itemsOf } from "../../base/json.ts";
import type { RegistryConfig } from "../../buildkit/registry/hosts.ts";
import { BuilderError } from "../builder_error.ts";
import { CONFIG_DIR, CONFIG_FILE } from "../making/config_paths.ts";
import { parseToml } from "../making/toml.ts";
import type { NodeGroup } from "./node_group.ts";

/** By host. Throws `BuilderError` for a file that can't be read. */
export function registryConfigs(group: NodeGroup): ReadonlyMap<string, RegistryConfig> {
  const files = group.nodes[0]?.files ?? {};
  const toml = fileText(files, CONFIG_FILE);
  if (toml === undefined) return new Map();
  const { registry } = parseToml(toml, (at, problem) => {
    throw new BuilderError(
      `cannot read the buildkitd.toml of builder ${group.name}: ${at}: ${problem}`,
      { hint: "create the builder again with a valid --buildkitd-config" },
    );
  });
  const entries = Object.entries(fieldsOf(registry));
  return new Map(entries.map(([host, table]) => [host, configOf(table, files)]));
}

type Files = Readonly<Record<string, string>>;

function configOf(table: unknown, files: Files): RegistryConfig {
  if (!isObject(table)) return {};
  const { http, insecure } = table;
  const stored = (path: unknown) => fileText(files, String(path).replace(`${CONFIG_DIR}/`, ""));
  return {
    mirrors: itemsOf(table["mirrors"]).map(String),
    ...typeof http === "boolean" && { http },
    ...typeof insecure === "boolean" && { insecure },
    ca: itemsOf(table["ca"]).flatMap((path) => stored(path) ?? []),
    keypairs: itemsOf(table["keypair"]).flatMap((pair) => {
      if (!isObject(pair)) return [];
      const [key, cert] = [stored(pair["key"]), stored(pair["cert"])];
      return key !== undefined && cert !== undefined ? [{ key, cert }] : [];
    }),
  };
}

function fileText(files: Files, path: string): string | undefined {
  const base64 = Object.hasOwn(files, path) ? files[path] : undefined;
  return base64 === undefined ? undefined : new TextDecoder().decode(Uint8Array.fromBase64(base64));
}
