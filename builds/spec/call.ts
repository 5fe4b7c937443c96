/**
 * `--call METHOD[,format=json][,ignorestatus=true]`: a question about a Dockerfile, instead of a
 * build.
 */
import { UsageError } from "../../base/usage_error.ts";
import { csvFields } from "../../base/go/csv.ts";
import type { Occurrence } from "../../cli/flags/parse.ts";
import { parseBool } from "../../base/go/bool.ts";
import { cut } from "../../base/cut.ts";

/** A question to the frontend. */
export interface CallMethod {
  /**
   * The frontend's name for it, without `frontend.`: `lint`, `outline`, `targets`,
   * `subrequests.describe`.
   */
  readonly name: string;
  /** `json`, or empty for text. */
  readonly format: string;
  /** The exit code is 0, whatever the answer is. */
  readonly ignoreStatus: boolean;
}

/** Reads the flag; undefined for a build. Throws `UsageError`, in buildx's words. */
export function parseCall(text: string): CallMethod | undefined {
  if (text === "") return undefined;
  let name = "", format = "", ignoreStatus = false;
  for (const field of csvFields(text)) {
    const [key, value] = cut(field, "=");
    if (value === undefined) {
      if (name !== "") throw new UsageError(`invalid print value: ${text}`);
      name = field === "check" ? "lint" : field;
    } else if (key === "format") format = value;
    else if (key === "ignorestatus") ignoreStatus = statusFlag(value);
    else throw new UsageError(`invalid print field: ${field}`);
  }
  return name === "build" ? undefined : { name, format, ignoreStatus };
}

/**
 * The question of `--call`, of its old name `--print`, or of `--check`. The last one typed counts.
 *
 * @param occurrences of all flags, as they were typed
 * @param call the value of `--call`, or `--print`
 */
export function chooseCall(
  occurrences: readonly Occurrence[],
  call: string,
): CallMethod | undefined {
  const asks = ({ name, value }: Occurrence) =>
    name === "call" || name === "print" || (name === "check" && parseBool(value));
  return parseCall(occurrences.findLast(asks)?.name === "check" ? "check" : call);
}

function statusFlag(value: string): boolean {
  try {
    return parseBool(value);
  } catch (error) {
    throw new UsageError(
      `invalid ignorestatus print value: ${value}: ${(error as Error).message}`,
    );
  }
}
