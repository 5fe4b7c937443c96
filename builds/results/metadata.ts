/** Variables that add to `--metadata-file` besides the exporters' answers. */
import type { Env } from "../../transports/transport.ts";
import { parseBool } from "../../base/go/bool.ts";

/** The wanted amount of provenance; undefined for none. */
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

/** `BUILDX_METADATA_WARNINGS`: whether the file contains the build's warnings. */
export function wantsWarnings(env: Env): boolean {
  try {
    return parseBool(env("BUILDX_METADATA_WARNINGS") ?? "");
  } catch {
    return false;
  }
}
