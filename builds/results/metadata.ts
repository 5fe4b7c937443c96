/** Variables that add to `--metadata-file` besides the exporters' answers. */
import type { Env } from "../../transports/transport.ts";
import { isOn } from "../../base/env_bool.ts";
import { readBool } from "../../base/go/bool.ts";

/** The wanted amount of provenance; undefined for none. */
export type ProvenanceMode = "min" | "max" | undefined;

/** `BUILDX_METADATA_PROVENANCE`: `min` unless it says `max`, `disabled` or a false boolean. */
export function provenanceMode(env: Env): ProvenanceMode {
  const text = env("BUILDX_METADATA_PROVENANCE") ?? "";
  if (text === "max") return "max";
  return text === "disabled" || readBool(text) === false ? undefined : "min";
}

/** `BUILDX_METADATA_WARNINGS`: whether the file contains the build's warnings. */
export function wantsWarnings(env: Env): boolean {
  return isOn("BUILDX_METADATA_WARNINGS", env);
}
