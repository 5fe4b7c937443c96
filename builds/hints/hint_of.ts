/**
 * The remedies for the daemon's most common errors. The daemon's words are the key, because it has
 * no codes for them; they are those of BuildKit v0.32.
 */
import { choices, nearest } from "../../base/nearest.ts";
import type { RpcError } from "../../buildkit/grpc/status.ts";
import type { PreparedBuild } from "../prepare.ts";
import { QUESTIONS } from "../results/call.ts";
import { blamedBy, DOCKERFILE_RULES } from "./dockerfile_rules.ts";
import { instructionAt, secretsOf, stagesOf } from "./dockerfile_text.ts";
import { MACHINE_RULES } from "./machine_rules.ts";
import { type HintInputs, missingFileHint } from "./missing_file.ts";
import { noteHint } from "./noted_hint.ts";

/** The parts of a failed build that a remedy depends on. */
export interface FailedBuild {
  readonly inputs: HintInputs;
  /** The IDs of `--secret`. */
  readonly secretIds: PreparedBuild["secretIds"];
  /** The build is a target of bake. */
  readonly isBake: boolean;
}

/** Finds the remedy for an error of a build, and notes it. Never throws. */
export async function findHint(error: RpcError, build: FailedBuild): Promise<void> {
  try {
    const hint = await hintOfFailure(error, build);
    if (hint !== undefined) noteHint(error, hint);
  } catch {
    // The build's own error is the one to report.
  }
}

/** The types that daemons and fairlead know. */
const OUTPUT_TYPES = ["image", "registry", "local", "tar", "oci", "docker", "cacheonly"];
const CACHE_TYPES = ["registry", "inline", "local", "gha", "s3", "azblob"];
/** The methods that the Dockerfile frontend knows. */
const CALLS = ["build", "check", "outline", "targets"];

type Rule = (
  match: RegExpExecArray,
  build: FailedBuild,
  error: RpcError,
) => Promise<string | undefined> | string | undefined;

const RULES: readonly (readonly [RegExp, Rule])[] = [
  [/failed to calculate checksum of ref [^"]*"(\/[^"]*)": not found$/, missingFile],
  [/(?:^|: )l?stat (\/.*): no such file or directory$/, missingFile],
  [/(?:^|: )secret (\S+): not found$/, ([, id], build) => secretHint(id!, build)],
  [/granting entitlement (\S+) is not allowed by build daemon configuration/, refusedByDaemon],
  [/(?:^|: )(network\.host|security\.insecure|device\S*) is not allowed$/, refusedByCommand],
  [/target stage "(.*)" could not be found/, unknownTarget],
  [/exporter "(.*)" could not be found/, ([, type]) => choices(type!, OUTPUT_TYPES)],
  [/unknown cache exporter: "(.*)"/, ([, type]) => choices(type!, CACHE_TYPES)],
  [/unsupported request frontend\.(\S+)/, unknownCall],
  [/did not complete successfully: exit code: \d+$/, absentSecret],
  ...DOCKERFILE_RULES.map(([pattern, rule]): readonly [RegExp, Rule] => [
    pattern,
    (match, _, error) => rule(match, blamedBy(error)),
  ]),
  ...MACHINE_RULES,
];

async function hintOfFailure(error: RpcError, build: FailedBuild): Promise<string | undefined> {
  for (const [pattern, rule] of RULES) {
    const match = pattern.exec(error.message);
    const hint = match && await rule(match, build, error);
    if (hint) return hint;
  }
  return undefined;
}

async function missingFile(
  [, path]: RegExpExecArray,
  { inputs }: FailedBuild,
  error: RpcError,
): Promise<string | undefined> {
  const blamed = blamedBy(error);
  return blamed && await missingFileHint(path!, blamed, inputs);
}

/** An old frontend may lack a method of today, and the error of that case has its own hint. */
function unknownCall([, method]: RegExpExecArray): string | undefined {
  return QUESTIONS.has(method!) ? undefined : choices(method!, CALLS);
}

function secretHint(id: string, { secretIds, isBake }: FailedBuild): string {
  const near = nearest(id, secretIds);
  const meant = near === undefined ? "" : `; the build has a secret ${near}`;
  return isBake
    ? `add secret = ["id=${id},src=FILE"] to the target, or env=VARIABLE instead of src${meant}`
    : `add --secret id=${id},src=FILE, or env=VARIABLE instead of src${meant}`;
}

/** A step runs without a secret that it doesn't require, and often fails then. */
function absentSecret(
  _: RegExpExecArray,
  build: FailedBuild,
  error: RpcError,
): string | undefined {
  const blamed = blamedBy(error);
  const wanted = blamed ? secretsOf(instructionAt(blamed)) : [];
  const absent = wanted.find((id) => !build.secretIds.includes(id));
  if (absent === undefined) return undefined;
  return `the step ran without the secret ${absent}: ${secretHint(absent, build)}`;
}

function refusedByDaemon([, name]: RegExpExecArray): string {
  return `the builder's own configuration must allow it: start buildkitd with ` +
    `--allow-insecure-entitlement ${name}, or add insecure-entitlements = ["${name}"] to ` +
    "buildkitd.toml";
}

function refusedByCommand([, name]: RegExpExecArray, { isBake }: FailedBuild): string {
  return isBake
    ? `add entitlements = ["${name}"] to the target, and --allow ${name} to the command`
    : `add --allow ${name}`;
}

function unknownTarget([, name]: RegExpExecArray, { inputs }: FailedBuild): string | undefined {
  const folder = inputs.mounts.get("dockerfile");
  if (folder === undefined) return undefined;
  const stages = stagesOf(Deno.readTextFileSync(`${folder}/${inputs.filename}`));
  if (stages.length === 0) {
    return `no stage of ${inputs.filename} has a name: write FROM … AS ${name}, or leave --target out`;
  }
  return `the stages of ${inputs.filename} are: ${stages.join(", ")}`;
}
