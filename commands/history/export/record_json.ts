import { omitEmpty } from "../../../base/go/json.ts";
import type {
  BuildHistoryRecord,
  BuildResultInfo,
  Descriptor,
} from "../../../proto/gen/control.ts";
import { fieldsOf } from "../../../base/json.ts";
import type { LocalGroup, LocalState } from "../records/local_state.ts";
import { maybe } from "../../../base/maybe.ts";
import { sorted } from "../../../builders/store/node_group_json.ts";

/** Facts about a build that a bundle has besides the record. */
export interface RecordExtras {
  readonly defaultPlatform: string;
  readonly state: LocalState | undefined;
  readonly group: LocalGroup | undefined;
}

/**
 * A record as Docker Desktop reads it in a bundle: Go's encoding of BuildKit's structure. Names are
 * those of its fields, empty fields are left out, and times are seconds and nanoseconds.
 */
export function recordJson(record: BuildHistoryRecord, extras: RecordExtras): object {
  const { error, Result, logs, trace, externalError } = record;
  return {
    ...filled({
      Ref: record.Ref,
      Frontend: record.Frontend,
      FrontendAttrs: sorted(withoutSecrets(record.FrontendAttrs)),
      Exporters: record.Exporters.map(({ Type, Attrs }) => filled({ Type, Attrs: sorted(Attrs) })),
      error: error && filled({
        code: error.code,
        message: error.message,
        details: error.details.map(({ typeUrl, value }) =>
          filled({ type_url: typeUrl, value: value.toBase64() })
        ),
      }),
      CreatedAt: record.CreatedAt && filled(record.CreatedAt),
      CompletedAt: record.CompletedAt && filled(record.CompletedAt),
      logs: logs && descriptorJson(logs),
      ExporterResponse: sorted(record.ExporterResponse),
      Result: Result && resultJson(Result),
      Results: sorted(
        Object.fromEntries(
          Object.entries(record.Results).map(([key, value]) => [key, resultJson(value)]),
        ),
      ),
      Generation: record.Generation,
      trace: trace && descriptorJson(trace),
      pinned: record.pinned,
      numCachedSteps: record.numCachedSteps,
      numTotalSteps: record.numTotalSteps,
      numCompletedSteps: record.numCompletedSteps,
      externalError: externalError && descriptorJson(externalError),
      numWarnings: record.numWarnings,
    }),
    DefaultPlatform: extras.defaultPlatform,
    ...filled({ localState: extras.state, stateGroup: extras.group }),
  };
}

/** A cache's attributes may hold credentials, so only its name stays. */
function withoutSecrets(attrs: Readonly<Record<string, string>>): Record<string, string> {
  const imports = attrs["cache-imports"];
  return imports === undefined ? attrs : { ...attrs, "cache-imports": withoutAttributes(imports) };
}

function withoutAttributes(text: string): string {
  const imports: unknown = maybe(() => JSON.parse(text));
  if (!Array.isArray(imports)) return "";
  return JSON.stringify(imports.map((entry) => {
    const { Type, Attrs } = fieldsOf(entry);
    const kept = Object.entries(fieldsOf(Attrs)).filter(([key]) =>
      key === "scope" || key === "ref"
    );
    return { Type, Attrs: sorted(Object.fromEntries(kept)) };
  }));
}

function descriptorJson({ mediaType, digest, size, annotations }: Descriptor): object {
  return filled({ media_type: mediaType, digest, size, annotations: sorted(annotations) });
}

function resultJson({ ResultDeprecated, Attestations, Results }: BuildResultInfo): object {
  return filled({
    ResultDeprecated: ResultDeprecated && descriptorJson(ResultDeprecated),
    Attestations: Attestations.map(descriptorJson),
    Results: sorted(
      Object.fromEntries([...Results].map(([key, value]) => [String(key), descriptorJson(value)])),
    ),
  });
}

/** The object without its empty values, to which empty maps belong. */
function filled(value: object): object {
  const isEmpty = (item: unknown) => typeof item === "object" && Object.keys(item!).length === 0;
  return Object.fromEntries(Object.entries(omitEmpty(value)).filter(([, item]) => !isEmpty(item)));
}
