import { goJson, omitEmpty } from "../../../base/go/json.ts";
import { localOffset, localZone, type Moment, rfc3339 } from "../../../base/go/time.ts";
import { GoDuration, GoTime } from "../../../base/go/template/time.ts";
import type { Inspection } from "./inspection.ts";

/** The output of `--format json`: empty values are left out, except for some keys. */
export function inspectJson(found: Inspection): string {
  const json = {
    ...found,
    StartedAt: found.StartedAt && localTime(found.StartedAt),
    CompletedAt: found.CompletedAt && localTime(found.CompletedAt),
    Error: found.Error && omitEmpty({
      ...found.Error,
      Sources: base64(found.Error.Sources),
      Stack: base64(found.Error.Stack),
    }),
    Config: omitEmpty(found.Config),
    Materials: found.Materials.map((item) => omitEmpty(item)),
    Attachments: found.Attachments.map((item) => omitEmpty(item)),
    NamedContexts: found.NamedContexts.map((item) => omitEmpty(item)),
    BuildArgs: found.BuildArgs.map((item) => omitEmpty(item)),
    Labels: found.Labels.map((item) => omitEmpty(item)),
  };
  const always = ["Ref", "NumCompletedSteps", "NumTotalSteps", "NumCachedSteps", "Config"];
  return goJson(omitEmpty(json, always), 2) + "\n";
}

/**
 * The value for templates: times and durations have Go's text and methods; a nil pointer is null.
 */
export function templateValue(found: Inspection): object {
  const time = (moment: Moment | undefined) =>
    moment === undefined ? null : new GoTime(moment, localOffset(moment), localZone(moment));
  const value = {
    ...found,
    StartedAt: time(found.StartedAt),
    CompletedAt: time(found.CompletedAt),
    Duration: new GoDuration(found.Duration),
    Error: found.Error ?? null,
  };
  return { ...value, toJSON: () => JSON.parse(inspectJson(found)) };
}

function localTime(moment: Moment): string {
  return rfc3339(moment, localOffset(moment));
}

function base64(text: string): string {
  return new TextEncoder().encode(text).toBase64();
}
