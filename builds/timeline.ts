import { errorText } from "../base/error_text.ts";
import { maybe } from "../base/maybe.ts";
import { isFolder } from "../base/stat.ts";
import type { Deps } from "../cli/deps.ts";
import type { Watcher } from "../progress/progress.ts";
import type { Outcome } from "../progress/renderer.ts";
import { RpcError } from "../buildkit/grpc/status.ts";
import { type Source, sourceExcerpt, sourcesOf } from "../progress/source_excerpt.ts";
import { timelinePage } from "../progress/timeline/page.ts";
import { type DockerfileText, withLines } from "../progress/timeline/dockerfile_lines.ts";
import { recordTimeline } from "../progress/timeline/record.ts";
import { UsageError } from "../base/usage_error.ts";
import { warn } from "../cli/warn.ts";
import { absolutePath, baseName, parentOf } from "../base/paths.ts";
import { removeResult, writeResult } from "./results/result.ts";
import { causesOf } from "../base/causes.ts";
import type { DockerfileSource } from "./spec/source.ts";

export interface TimelineOptions {
  readonly deps: Deps;
  readonly title: string;
  /** The builder's name. */
  readonly builder: string;
  /** The Dockerfile of each target, known when the build ends. */
  readonly dockerfiles: ReadonlyMap<string, DockerfileSource>;
}

/**
 * Watches a build, and writes its page when the build ends, well or not. Removes an earlier page
 * now. Throws `UsageError` where there is no folder for the page.
 */
export function timelineFile(
  file: string,
  { deps, title, builder, dockerfiles }: TimelineOptions,
): Watcher {
  const path = absolutePath(file, deps.cwd);
  checkPlace(path, file);
  removeResult(path);
  const started = deps.clock.now();
  const recorder = recordTimeline();
  return {
    update: recorder.update,
    finish(outcome) {
      const source = failedSource(outcome.error);
      const failed = source &&
        { name: source.filename, text: new TextDecoder().decode(source.data) };
      const timeline = withLines(
        recorder.timeline(deps.clock.now()),
        () => undefined,
        textsOf(dockerfiles, failed),
      );
      const page = timelinePage(timeline, {
        title,
        ...outcomeOf(outcome),
        ...source !== undefined && { excerpt: sourceExcerpt(source) },
        started,
        facts: [["builder", builder]],
      });
      try {
        writeResult(path, page);
      } catch (error) {
        // A failed build reports its own error.
        if (outcome.error === undefined) throw error;
        warn(deps, (error as Error).message);
      }
    },
  };
}

/** The place in a Dockerfile that a failed build's error is about. */
function failedSource(error: unknown): Source | undefined {
  const cause = causesOf(error).find((cause) => cause instanceof RpcError);
  return cause && sourcesOf(cause.details)[0];
}

/** Larger files are no Dockerfiles. */
const LARGEST_DOCKERFILE = 4 << 20;

/**
 * The texts that steps come from, by target. Only a build of several targets names them in its
 * steps.
 * @param failed the file that the build's error is about
 */
function textsOf(
  dockerfiles: ReadonlyMap<string, DockerfileSource>,
  failed: DockerfileText | undefined,
): (target: string) => DockerfileText | undefined {
  const texts = new Map([...dockerfiles].map(([target, source]) => [target, textOf(source)]));
  if (texts.size > 1) return (target) => texts.get(target);
  const text = failed ?? [...texts.values()][0];
  return () => text;
}

/** Undefined where it isn't a file of this machine. */
function textOf(source: DockerfileSource): DockerfileText | undefined {
  if (source.kind === "inline") return { name: "dockerfile-inline", text: source.text };
  if (source.kind !== "file") return undefined;
  const { path } = source;
  return maybe(() =>
    Deno.statSync(path).size > LARGEST_DOCKERFILE
      ? undefined
      : { name: baseName(path), text: Deno.readTextFileSync(path) }
  );
}

function outcomeOf({ error, canceled }: Outcome) {
  if (canceled) return { outcome: "canceled" as const };
  if (error === undefined) return { outcome: "finished" as const };
  return { outcome: "failed" as const, error: errorText(error) };
}

function checkPlace(path: string, file: string): void {
  const folder = parentOf(path);
  if (isFolder(folder) && !isFolder(path)) return;
  throw new UsageError(
    `cannot write the timeline to ${JSON.stringify(file)}: ` +
      (isFolder(path) ? "it is a folder" : `there is no folder ${folder}`),
    "name a file in a folder that exists: --timeline timeline.html",
  );
}
