/** Inputs of the whole build that differ: build arguments, options, images, other sources. */
import type { Provenance } from "../records/provenance.ts";

/** An input that differs: its values in the two builds, empty for none. */
export interface InputChange {
  readonly kind: "build argument" | "base image" | "source" | "option";
  readonly name: string;
  readonly a: string;
  readonly b: string;
}

/** The attributes that reach steps and are no inputs of the whole build. */
const UNSAID = /^(?:build-arg:BUILDKIT_|vcs:|frontend\.caps|attest:|no-cache$|context$|filename$)/;

/** Build arguments and options that differ. */
export function argumentChanges(
  a: Readonly<Record<string, string>>,
  b: Readonly<Record<string, string>>,
): InputChange[] {
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
  return keys.flatMap((key): InputChange[] => {
    if (UNSAID.test(key) || a[key] === b[key]) return [];
    const isArgument = key.startsWith("build-arg:");
    return [{
      kind: isArgument ? "build argument" : "option",
      name: isArgument ? key.slice("build-arg:".length) : key,
      a: a[key] ?? "",
      b: b[key] ?? "",
    }];
  });
}

/** Images and other sources of the same name whose digests differ. */
export function materialChanges(
  a: Provenance | undefined,
  b: Provenance | undefined,
): InputChange[] {
  const digests = new Map(
    (a?.materials ?? []).map(({ URI, Digests }) => [URI, Digests.join(" ")]),
  );
  return (b?.materials ?? []).flatMap(({ URI, Digests }): InputChange[] => {
    const [before, now] = [digests.get(URI), Digests.join(" ")];
    if (before === undefined || before === now) return [];
    const kind = URI.startsWith("pkg:docker/") ? "base image" : "source";
    return [{ kind, name: URI, a: before, b: now }];
  });
}
