import type { BuildHistoryRecord } from "../../../proto/gen/control.ts";
import { buildName } from "./build_name.ts";
import type { LocalState } from "./local_state.ts";

/**
 * The name of a build for people. A build that was made over `BUILDKIT_HOST` left no note on any
 * machine, so buildx's rules give it no name. It gets the name of its image, or of its Dockerfile.
 * Empty for a build without either.
 */
export function displayName(record: BuildHistoryRecord, state: LocalState | undefined): string {
  const { FrontendAttrs: attrs } = record;
  const known = buildName(attrs, state);
  const [tag = ""] = imageNames(record);
  const filename = attrs["filename"] ?? "";
  if (known === "") return tag || filename;
  // A bare target or a bare Dockerfile says little.
  const isBare = state === undefined && (known === attrs["target"] || known === filename);
  return isBare && tag !== "" ? `${tag} (${known})` : known;
}

/** The names of the images that a build was to make. */
function imageNames({ Exporters, ExporterResponse }: BuildHistoryRecord): string[] {
  const given = [
    ...Exporters.map(({ Attrs }) => Attrs["name"] ?? ""),
    ExporterResponse["image.name"] ?? "",
  ];
  return [...new Set(given.flatMap((names) => names.split(",")).filter((name) => name !== ""))];
}

/**
 * The result of a build, in words: the images with their digest, else the kinds of output. Empty
 * for a build whose result stayed in the cache.
 */
export function resultText(record: BuildHistoryRecord): string {
  const names = imageNames(record);
  const digest = record.ExporterResponse["containerimage.digest"] ?? "";
  const short = /^sha256:[0-9a-f]{12}/.exec(digest)?.[0];
  const kinds = [...new Set(record.Exporters.map(({ Type }) => Type))].filter((kind) =>
    kind !== ""
  );
  const what = names.length > 0 ? names.join(", ") : kinds.join(", ");
  return [what, short].filter(Boolean).join(" ");
}

/** The reason why a build failed, the exit code first: lists have little room. */
export function failureText(message: string): string {
  const found = /^process "([^]*)" did not complete successfully: (exit code: \d+)/.exec(message);
  return found === null ? message : `${found[2]}: ${found[1]}`;
}
