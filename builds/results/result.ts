/** Results of a build for scripts: the image's id, and the daemon's answers as JSON. */
import { exists, isFile, isFolder } from "../../base/stat.ts";
import { writeAtomically } from "../../base/atomic_file.ts";
import type { VertexWarning } from "../../proto/gen/control.ts";
import { osReason } from "../../base/os_reason.ts";
import { OutputError } from "../../buildkit/session/output_sink.ts";
import { goJson } from "../../base/go/json.ts";
import { UsageError } from "../../base/usage_error.ts";
import { warningOf } from "../../progress/rawjson.ts";

const WARNINGS = "buildx.build.warnings";

/** The exporters' answers, by key. */
export type Answers = Readonly<Record<string, string>>;

/**
 * The image's id for `-q` and `--iidfile`: the digest of its config, or else its own; "" without an
 * image.
 */
export function imageId(answers: Answers): string {
  return answers["containerimage.config.digest"] ?? answers["containerimage.digest"] ?? "";
}

/**
 * The text of `--metadata-file`: keys in order, indented by two spaces, without a line end. A value
 * that is base64 of a JSON object or array is written as that JSON, the rest as strings.
 * @param warnings the build's warnings, if the file should have them
 */
export function metadataText(answers: Answers, warnings: readonly VertexWarning[] = []): string {
  return goJson(metadataOf(answers, warnings), 2);
}

/** The content of the file. */
export function metadataOf(
  answers: Answers,
  warnings: readonly VertexWarning[],
): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  const keys = Object.keys(answers);
  if (warnings.length > 0) keys.push(WARNINGS);
  for (const key of keys.sort()) {
    out[key] = key === WARNINGS
      ? warnings.map(plainWarning)
      : embedded(key, answers[key]!) ?? answers[key];
  }
  return out;
}

/** A warning without the steps that fetched the Dockerfile, as buildx writes it. */
function plainWarning(warning: VertexWarning): object {
  const { info } = warning;
  return warningOf({ ...warning, info: info && { ...info, definition: undefined } });
}

function embedded(key: string, value: string): unknown {
  try {
    // The answer to a question is plain JSON.
    const json = JSON.parse(
      key === "result.json" ? value : new TextDecoder().decode(Uint8Array.fromBase64(value)),
    );
    const filled = typeof json === "object" && json !== null && Object.keys(json).length > 0;
    return filled ? json : undefined;
  } catch {
    return undefined;
  }
}

/** Throws `UsageError`, before the build, for a path that can't be written to. */
export function checkResultPath(path: string): void {
  if (path.endsWith("/") || isFolder(path)) {
    throw new UsageError(`invalid output path: ${path} is a directory`, "name a file");
  }
  const folder = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) || "/" : ".";
  try {
    if (Deno.statSync(folder).isDirectory) return;
  } catch (error) {
    throw new UsageError(`invalid output path: stat ${folder}: ${osReason(error)}`);
  }
  throw new UsageError(`invalid output path: stat ${folder}: not a directory`);
}

/**
 * Writes a small file whole or not at all: readers of these files poll for them. A path that is no
 * regular file (`/dev/stdout`, a pipe) is written to directly. Throws an `OutputError` that names
 * the path.
 * @param options `umask`: the user's umask decides who may read the file
 */
export function writeResult(path: string, text: string, { umask = false } = {}): void {
  try {
    if (isSpecial(path)) return Deno.writeTextFileSync(path, text);
    writeAtomically(path, text, { mode: 0o644, exactMode: !umask });
  } catch (error) {
    throw new OutputError(`cannot write ${path}: ${osReason(error)}`, { cause: error });
  }
}

/** Removes a file of an earlier run, so that no reader takes it for the result of this run. */
export function removeResult(path: string): void {
  if (!isSpecial(path)) remove(path);
}

function remove(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      throw new Error(`cannot remove ${path}: ${osReason(error)}`, { cause: error });
    }
  }
}

function isSpecial(path: string): boolean {
  return exists(path) && !isFile(path);
}
