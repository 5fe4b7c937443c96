/** The run of GitHub Actions that a builder is made in, which its daemon puts into provenance. */
import { isObject } from "../../base/json.ts";
import { goJson } from "../../base/go/json.ts";
import { isOn } from "../../base/env_bool.ts";
import { osReason } from "../../base/os_reason.ts";
import type { Env } from "../../transports/transport.ts";
import { BuilderError } from "../builder_error.ts";

/** The path of the file below the daemon's folder of configuration. */
export const GITHUB_FILE = "provenance.d/github_actions_context.json";

/**
 * Each group is written when all its variables are set; keys are named as the daemon knows them.
 */
const GROUPS: readonly Readonly<Record<string, string>>[] = [
  own("GITHUB_ACTOR", "GITHUB_ACTOR_ID", "GITHUB_TRIGGERING_ACTOR"),
  own("GITHUB_REF", "GITHUB_REF_NAME", "GITHUB_REF_PROTECTED", "GITHUB_REF_TYPE"),
  own(
    ...["GITHUB_REPOSITORY", "GITHUB_REPOSITORY_ID"],
    ...["GITHUB_REPOSITORY_OWNER", "GITHUB_REPOSITORY_OWNER_ID"],
  ),
  own(
    ...["GITHUB_JOB", "GITHUB_RUN_ATTEMPT", "GITHUB_RUN_ID", "GITHUB_RUN_NUMBER"],
    ...["GITHUB_SERVER_URL", "GITHUB_WORKFLOW", "GITHUB_WORKFLOW_REF", "GITHUB_WORKFLOW_SHA"],
  ),
  {
    github_runner_image_os: "ImageOS",
    github_runner_image_version: "ImageVersion",
    github_runner_os: "RUNNER_OS",
    github_runner_arch: "RUNNER_ARCH",
    github_runner_environment: "RUNNER_ENVIRONMENT",
    github_runner_tracking_id: "RUNNER_TRACKING_ID",
    github_runner_name: "RUNNER_NAME",
  },
];

function own(...variables: string[]): Record<string, string> {
  return Object.fromEntries(variables.map((name) => [name.toLowerCase(), name]));
}

/**
 * JSON; undefined outside GitHub Actions. Throws `BuilderError` for an event that can't be read.
 */
export function githubContext(env: Env): Uint8Array | undefined {
  const [event, path] = [env("GITHUB_EVENT_NAME"), env("GITHUB_EVENT_PATH")];
  if (!isOn("GITHUB_ACTIONS", env) || !event || !path) return undefined;
  const context = new Map<string, unknown>([
    ["github_event_name", event],
    ["github_event_payload", eventAt(path)],
  ]);
  for (const group of GROUPS) {
    const values = Object.entries(group).map(([key, name]) => [key, env(name)] as const);
    if (values.every(([, value]) => value)) { for (const each of values) context.set(...each); }
  }
  return new TextEncoder().encode(goJson(context));
}

function eventAt(path: string): unknown {
  try {
    return JSON.parse(Deno.readTextFileSync(path), sortKeys);
  } catch (error) {
    const reason = error instanceof SyntaxError ? "it is not valid JSON" : osReason(error);
    throw new BuilderError(`failed to read GITHUB_EVENT_PATH ${JSON.stringify(path)}: ${reason}`, {
      hint: "leave the event out: --driver-opt provenance-add-gha=false",
      cause: error,
    });
  }
}

/** Maps, which are written in the order of their keys. */
function sortKeys(_: string, value: unknown): unknown {
  return isObject(value) ? new Map(Object.entries(value)) : value;
}
