/**
 * A build's provenance, from the daemon's record of it, for `--metadata-file`. Daemons write it in
 * the form of SLSA v0.2 or v1 (https://slsa.dev/spec); scripts that read the file know v0.2.
 */
import { byKey } from "../../base/by_key.ts";
import type { BuildResultInfo, Descriptor } from "../../proto/gen/control.ts";
import type { Client } from "../../buildkit/client.ts";
import { wholeBlob } from "../../buildkit/content.ts";
import { listHistory, NoHistoryError } from "../../buildkit/history.ts";

/**
 * Answers in the form of an exporter's: `buildx.build.provenance`, followed by `/PLATFORM` where
 * there are several; the values are JSON in base64. A daemon without records gives none.
 */
export async function recordedProvenance(
  client: Client,
  ref: string,
  mode: "min" | "max",
  signal: AbortSignal,
): Promise<Record<string, string>> {
  const answers: Record<string, string> = {};
  for (const [key, attested] of await attestations(client, ref, signal)) {
    const blob = await wholeBlob(client, attested.digest, { signal });
    const type = attested.annotations[TYPE] ?? "";
    const found: V02 = JSON.parse(new TextDecoder().decode(blob));
    const old = type === "https://slsa.dev/provenance/v1" ? toV02(found as unknown as V1) : found;
    const { buildConfig: _, metadata: __, ...least } = old;
    const text = JSON.stringify(mode === "min" ? least : old);
    answers[key] = new TextEncoder().encode(text).toBase64();
  }
  return answers;
}

const TYPE = "in-toto.io/predicate-type";

async function attestations(
  client: Client,
  ref: string,
  signal: AbortSignal,
): Promise<[key: string, descriptor: Descriptor][]> {
  const { events } = await listHistory(client, { Ref: ref }, { signal }).catch((error) => {
    if (error instanceof NoHistoryError) return { events: [] };
    throw error;
  });
  return events.flatMap(({ record }) => {
    const results = Object.entries(record?.Results ?? {});
    const named: [string, BuildResultInfo | undefined][] = results.length > 0
      ? results.map(([platform, result]) => [`buildx.build.provenance/${platform}`, result])
      : [["buildx.build.provenance", record?.Result]];
    return named.flatMap(([key, result]): [string, Descriptor][] => {
      const found = result?.Attestations.find(isProvenance);
      return found === undefined ? [] : [[key, found]];
    });
  });
}

function isProvenance({ mediaType, annotations }: Descriptor): boolean {
  return mediaType === "application/vnd.in-toto+json" &&
    (annotations[TYPE] ?? "").startsWith("https://slsa.dev/provenance/");
}

interface V02 {
  readonly buildConfig?: unknown;
  readonly metadata?: unknown;
  readonly [key: string]: unknown;
}

interface V1 {
  readonly buildDefinition: {
    readonly externalParameters: {
      readonly configSource: { uri?: string; digest?: unknown; path?: string };
      readonly request: unknown;
    };
    readonly internalParameters: {
      readonly buildConfig?: unknown;
      readonly builderPlatform: string;
      readonly [key: string]: unknown;
    };
    readonly resolvedDependencies?: readonly { uri?: string; digest?: unknown }[];
  };
  readonly runDetails: {
    readonly builder: { readonly id: string };
    readonly metadata?: Readonly<Record<string, unknown>> & {
      readonly buildkit_completeness?: Readonly<Record<string, unknown>>;
    };
  };
}

/** The same provenance in the older form, with buildx's order of keys. */
function toV02({ buildDefinition, runDetails }: V1): V02 {
  const { externalParameters, internalParameters, resolvedDependencies } = buildDefinition;
  const { uri, digest, path } = externalParameters.configSource;
  const { buildConfig, builderPlatform, ...custom } = internalParameters;
  const environment = Object.entries({ ...custom, platform: builderPlatform });
  const { metadata } = runDetails;
  return {
    builder: { id: runDetails.builder.id },
    buildType: "https://mobyproject.org/buildkit@v1",
    materials: resolvedDependencies?.map(({ uri, digest }) => ({ uri, digest })),
    invocation: {
      configSource: { uri, digest, entryPoint: path },
      parameters: externalParameters.request,
      environment: Object.fromEntries(environment.sort(byKey)),
    },
    buildConfig,
    metadata: metadata && {
      buildInvocationID: metadata["invocationID"] ?? metadata["invocationId"],
      buildStartedOn: metadata["startedOn"],
      buildFinishedOn: metadata["finishedOn"],
      completeness: {
        parameters: metadata.buildkit_completeness?.["request"] ?? false,
        environment: true,
        materials: metadata.buildkit_completeness?.["resolvedDependencies"] ?? false,
      },
      reproducible: metadata["buildkit_reproducible"] ?? false,
      "https://mobyproject.org/buildkit@v1#metadata": metadata["buildkit_metadata"],
      "https://mobyproject.org/buildkit@v1#hermetic": metadata["buildkit_hermetic"],
    },
  };
}
