/** What `--metadata-file` is to hold beside the exporters' answers: switches in the environment. */
import type { Env } from "../../transports/transport.ts";
import { parseBool } from "../../base/go/bool.ts";

/** How much of it is wanted; undefined for nothing. */
export type ProvenanceMode = "min" | "max" | undefined;

/** `BUILDX_METADATA_PROVENANCE`: `min` unless it says `max`, `disabled` or a false boolean. */
export function provenanceMode(env: Env): ProvenanceMode {
  const text = env("BUILDX_METADATA_PROVENANCE") ?? "";
  if (text === "max") return "max";
  try {
    return text === "disabled" || !parseBool(text) ? undefined : "min";
  } catch {
    return "min";
  }
}

/** `BUILDX_METADATA_WARNINGS`: whether the build's warnings are to be in it. */
export function wantsWarnings(env: Env): boolean {
  try {
    return parseBool(env("BUILDX_METADATA_WARNINGS") ?? "");
  } catch {
    return false;
  }
}
