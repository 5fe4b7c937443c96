/**
 * The location of an image: a registry, or an OCI layout on this machine
 * (`oci-layout://PATH[:TAG][@DIGEST]`).
 */
import { digestProblem } from "../buildkit/registry/digest.ts";
import {
  InvalidReference,
  parseReference,
  type Reference,
  referenceText,
  repositoryName,
  withDefaultTag,
} from "../buildkit/registry/reference.ts";
import { type LayoutRef, parseLayoutRef } from "../buildkit/session/oci_layout.ts";

export type Location =
  | { readonly kind: "registry"; readonly ref: Reference }
  | { readonly kind: "layout"; readonly ref: LayoutRef };

/** Parses a location; in a registry, the default tag is `latest`. Throws `InvalidReference`. */
export function parseLocation(text: string): Location {
  const layout = parseLayoutRef(text);
  if (layout === undefined) return { kind: "registry", ref: withDefaultTag(parseReference(text)) };
  const problem = layout.digest === "" ? undefined : digestProblem(layout.digest);
  if (problem !== undefined) throw new InvalidReference(problem, text);
  return { kind: "layout", ref: layout };
}

/** Prints a location so that it can be parsed again. */
export function locationText(location: Location): string {
  if (location.kind === "registry") return referenceText(location.ref);
  const { path, tag, digest } = location.ref;
  return `oci-layout://${path}${tag && `:${tag}`}${digest && `@${digest}`}`;
}

/** Gives the repository, or the layout's folder. */
export function locationName(location: Location): string {
  return location.kind === "registry" ? repositoryName(location.ref) : location.ref.path;
}

/** Gives the location of a digest in the same repository. */
export function withDigest(location: Location, digest: string): Location {
  if (location.kind === "registry") return { ...location, ref: { ...location.ref, digest } };
  return { ...location, ref: { ...location.ref, tag: "", digest } };
}

/** Gives the location of the tag `latest` in the same repository. */
export function latestOf(location: Location): Location {
  if (location.kind === "registry") {
    return { ...location, ref: { ...location.ref, tag: "latest", digest: "" } };
  }
  return { ...location, ref: { ...location.ref, tag: location.ref.tag || "latest", digest: "" } };
}
