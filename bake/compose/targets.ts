/** Converts a project's services with `build` to targets. */
import { byKey } from "../../base/by_key.ts";
import { formatBytes, parseBytes } from "../../base/go/bytes.ts";
import { attestationText, parseAttestation } from "../../grammar/attestation.ts";
import { parseCaches } from "../../grammar/cache.ts";
import type { SecretEntry } from "../../grammar/secret.ts";
import type { AgentEntry } from "../../grammar/ssh.ts";
import type { Target } from "../target.ts";
import { ComposeError } from "../error.ts";
import { serviceEnvironment } from "./environment.ts";
import { hostsOf } from "./hosts.ts";
import { composeBool } from "./interpolate.ts";
import type { World } from "./layer.ts";
import { linkedContexts, targetName } from "./names.ts";
import { pairsOf } from "./pairs.ts";
import type { Lookup } from "./template.ts";
import { isMapping, listOf, type Mapping, mappingOf, textOf, type Value } from "./value.ts";
import { extend } from "./x_bake.ts";

/** The targets, sorted by name. Throws `ComposeError` and `BakeError`. */
export function targetsOf(project: Mapping, env: Lookup, world: World): Target[] {
  const secrets = mappingOf(project.get("secrets"));
  const services = [...mappingOf(project.get("services"))].sort(byKey);
  return services.flatMap(([name, service]) => {
    const fields = mappingOf(service);
    const environment = serviceEnvironment(fields, env, world);
    const build = fields.get("build");
    if (!isMapping(build)) return [];
    const lookup = (key: string) => environment.get(key) ?? env(key);
    const target = targetOf(targetName(name), build, { secrets, lookup, warn: world.warn });
    const extended = extend(target, build.get("x-bake"));
    const image = fields.get("image");
    if (!extended.tags && typeof image === "string" && image !== "") extended.tags = [image];
    return [extended];
  });
}

interface Context {
  readonly secrets: Mapping;
  readonly lookup: (name: string) => string | undefined;
  readonly warn: (text: string) => void;
}

function targetOf(name: string, build: Mapping, { secrets, lookup, warn }: Context): Target {
  const target: Target = { name };
  const set = <K extends keyof Target>(key: K, value: Target[K] | undefined) => {
    const isEmpty = value === undefined || value === "" ||
      Array.isArray(value) && value.length === 0 || value instanceof Map && value.size === 0;
    if (!isEmpty) target[key] = value;
  };
  const text = (key: string) => {
    const value = build.get(key);
    return value === undefined || value === null ? undefined : textOf(value);
  };
  const texts = (key: string) => listOf(build.get(key)).map(textOf);
  const isTrue = (key: string) => {
    const value = build.get(key);
    return value === true || typeof value === "string" && composeBool(value, warn)
      ? true
      : undefined;
  };
  set("context", text("context"));
  set("contexts", linkedContexts(pairsOf(build.get("additional_contexts"))));
  set("dockerfile", text("dockerfile"));
  set("dockerfile-inline", text("dockerfile_inline"));
  const args = [...pairsOf(build.get("args"))].flatMap(([key, value]): [string, string][] => {
    const found = value ?? lookup(key);
    return found === undefined ? [] : [[key, found]];
  });
  set("args", new Map(args));
  const labels = [...pairsOf(build.get("labels"))];
  set("labels", new Map(labels.map(([key, value]) => [key, value ?? ""])));
  set("tags", texts("tags"));
  set("cache-from", parseCaches(texts("cache_from")));
  set("cache-to", parseCaches(texts("cache_to")));
  set("target", text("target"));
  set("secret", listOf(build.get("secrets")).map((mount) => secretOf(mappingOf(mount), secrets)));
  set("ssh", agentsOf(mappingOf(build.get("ssh"))));
  set("platforms", texts("platforms"));
  set("pull", isTrue("pull"));
  set("no-cache", isTrue("no_cache"));
  set("network", text("network"));
  set("shm-size", shmSize(build.get("shm_size")));
  set("ulimits", [...mappingOf(build.get("ulimits"))].map(ulimit).sort());
  set("extra-hosts", hostsOf(build.get("extra_hosts")));
  set(
    "attest",
    (["sbom", "provenance"] as const).flatMap((type) => {
      const value = text(type) ?? "";
      return value === "" ? [] : [parseAttestation(attestationText(type, value))];
    }),
  );
  return target;
}

function secretOf(mount: Mapping, secrets: Mapping): SecretEntry {
  const source = mount.get("source");
  const id = typeof source === "string" ? source : "";
  const secret = mappingOf(secrets.get(id));
  if (secret.get("external") === true) {
    throw new ComposeError(
      `unsupported external secret ${secret.get("name") ?? id}`,
      "a build's secret is a file or a variable of the environment",
    );
  }
  const field = (key: string) => {
    const value = secret.get(key);
    return typeof value === "string" ? value : "";
  };
  return { id, src: field("file"), env: field("environment") };
}

function agentsOf(agents: Mapping): AgentEntry[] {
  return [...agents].sort(byKey).map(([id, path]) => ({
    id,
    paths: path === null || path === "" ? [] : [textOf(path)],
  }));
}

/** A number that is not whole is ignored, as by the peer. */
function shmSize(value: Value | undefined): string | undefined {
  if (typeof value !== "bigint" && typeof value !== "string") return undefined;
  try {
    const bytes = parseBytes(String(value));
    return bytes > 0 ? formatBytes(bytes) : undefined;
  } catch (error) {
    throw new ComposeError((error as Error).message, "shm_size is a number of bytes, or like 128m");
  }
}

/** One number sets both limits. The peer loses it, and sets both to 0. */
function ulimit([name, value]: [string, Value]): string {
  if (!isMapping(value)) return `${name}=${textOf(value)}:${textOf(value)}`;
  return `${name}=${textOf(value.get("soft") ?? null)}:${textOf(value.get("hard") ?? null)}`;
}
