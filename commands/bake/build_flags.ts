/** A target's attributes as the flags of a `build` that does the same. Throws `UsageError`. */
import type { Policy, Target } from "../../bake/target.ts";
import type { Env } from "../../transports/transport.ts";
import { buildFlags } from "../../builds/flags.ts";
import { parseBytes } from "../../base/go/bytes.ts";
import { csvLine } from "../../base/go/csv.ts";
import { parseFlags } from "../../cli/flags/parse.ts";
import type { FlagValues } from "../../cli/flags/spec.ts";
import { UsageError } from "../../base/usage_error.ts";
import type { GitAccess } from "./git_access.ts";
import type { Place } from "./target_paths.ts";

/** @param access credentials beyond the target's own */
export function buildFlagsOf(
  target: Target,
  place: Place,
  access: GitAccess,
  env: Env,
): FlagValues<typeof buildFlags> {
  const { values: defaults } = parseFlags(buildFlags, [], env);
  const noCache = target["no-cache"] ?? false;
  return {
    ...defaults,
    allow: target.entitlements ?? [],
    annotation: (target.annotations ?? []).filter(Boolean),
    attest: (target.attest ?? []).map(({ type, disabled, attrs }) =>
      typed(type, attrs, disabled ? ["disabled=true"] : [])
    ),
    "add-host": pairs(target["extra-hosts"]).sort(),
    "build-arg": pairs(target.args),
    "build-context": pairs(place.contexts),
    "cache-from": (target["cache-from"] ?? []).map(({ type, attrs }) => typed(type, attrs)),
    "cache-to": (target["cache-to"] ?? []).map(({ type, attrs }) => typed(type, attrs)),
    file: target["dockerfile-inline"] ? "-" : place.dockerfile,
    label: pairs(target.labels),
    network: target.network ?? "default",
    "no-cache": noCache,
    "no-cache-filter": noCache ? [] : target["no-cache-filter"] ?? [],
    output: (target.output ?? []).map(({ type, dest, attrs }) =>
      typed(type, attrs, dest === "" ? [] : [`dest=${dest}`])
    ),
    platform: target.platforms ?? [],
    policy: (target.policy ?? []).map(policyText),
    pull: target.pull ?? false,
    resource: Object.entries(target.resources ?? {}).map(([key, value]) => `${key}=${value}`),
    secret: [
      ...(target.secret ?? []).map(({ id, src, env }) =>
        csvLine([`id=${id}`, ...src ? [`src=${src}`] : [], ...env ? [`env=${env}`] : []])
      ),
      ...access.secrets,
    ],
    "shm-size": shmSize(target["shm-size"]),
    ssh: access.ssh.length > 0 ? [...access.ssh] : sshTexts(target),
    tag: target.tags ?? [],
    target: target.target ?? "",
    ulimit: target.ulimits ?? [],
  };
}

/** A target's own agents and keys. */
export function sshTexts({ ssh }: Target): string[] {
  return (ssh ?? []).map(({ id, paths }) => {
    const named = paths.filter(Boolean);
    return named.length === 0 ? id : `${id}=${named.join()}`;
  });
}

function pairs(map: ReadonlyMap<string, string> | undefined): string[] {
  return [...map ?? []].map(([key, value]) => `${key}=${value}`);
}

function typed(
  type: string,
  attrs: ReadonlyMap<string, string>,
  more: readonly string[] = [],
): string {
  return csvLine([`type=${type}`, ...more, ...pairs(attrs)]);
}

function policyText({ filenames, reset, disabled, strict, logLevel }: Policy): string {
  return csvLine([
    ...filenames.map((name) => `filename=${name}`),
    ...reset ? ["reset=true"] : [],
    ...disabled ? ["disabled=true"] : [],
    ...strict === undefined ? [] : [`strict=${strict}`],
    ...logLevel === undefined ? [] : [`log-level=${logLevel}`],
  ]);
}

function shmSize(text: string | undefined): number {
  if (text === undefined) return 0;
  try {
    return parseBytes(text);
  } catch {
    throw new UsageError(`invalid value ${text} for membytes key shm-size`);
  }
}
