import type { Painted } from "../cli/cursor.ts";
import type { Deps } from "../cli/deps.ts";
import { messageOf } from "../cli/report.ts";
import { Code, RpcError } from "../buildkit/grpc/status.ts";
import { denyMessages } from "./deny_messages.ts";
import { notedHint } from "./hints/noted_hint.ts";
import { sourceExcerpt, sourcesOf } from "../progress/source_excerpt.ts";

/** A failed build. The Dockerfile's lines are printed above the message. */
export class BuildError extends Error {
  override readonly name = "BuildError";
  readonly above: readonly string[];
  hint: string | undefined;
  /** The message for a terminal that shows the failed step and its command already. */
  brief: string | undefined;
  /** Other places that show the build. */
  below: readonly Painted[] | undefined;
  /**
   * @param prefix the beginning of the text: `failed to build: `, `target app: `
   * @param where the failed one of several nodes, as a sentence without full stop
   */
  constructor(cause: Error, prefix: string, where?: string) {
    super(`${prefix}${cause instanceof RpcError ? solveMessage(cause) : cause.message}`, { cause });
    // A cause with a hint names the node itself.
    this.hint = cause instanceof RpcError
      ? [notedHint(cause), where].filter((text) => text !== undefined).join("; ") || undefined
      : undefined;
    const details = cause instanceof RpcError ? cause.details : [];
    // An error without a line of the file has no excerpt.
    const denials = denyMessages(details).map((message) => `Policy: ${message}`);
    const excerpts = sourcesOf(details).map(sourceExcerpt).filter((text) => text !== "")
      .flatMap((text) => text.trimEnd().split("\n"));
    this.above = [...denials, ...excerpts];
  }

  /** For a terminal: the command of the failed step stands above, once or twice already. */
  leaveCommandOut(): void {
    const command = /\bprocess "(?:[^"\\]|\\.)*" (?=did not complete successfully)/s;
    if (command.test(this.message)) this.brief = this.message.replace(command, "the step ");
  }
}

/** Whether a build failed because a program in it did, by the daemon's words. */
export function programFailed({ cause }: BuildError): boolean {
  return cause instanceof RpcError &&
    /did not complete successfully: exit code: \d+/.test(cause.message);
}

/**
 * Features that an old frontend lacks, by their names in the daemon's message, in buildx's words.
 */
const lacking: Readonly<Record<string, string>> = {
  contexts:
    "current frontend does not support --build-context. Named contexts are supported since " +
    "Dockerfile v1.4. Use #syntax directive in Dockerfile or update to latest BuildKit.",
  gitquerystring:
    "current frontend does not support Git URLs with query string components. Git URLs with query " +
    "string are supported since Dockerfile v1.18 and BuildKit v0.24. Use BUILDKIT_SYNTAX build-arg, " +
    "#syntax directive in Dockerfile or update to latest BuildKit.",
};

function solveMessage(error: RpcError): string {
  const [, lacks = ""] = error.code === Code.UNIMPLEMENTED &&
      /unsupported frontend capability moby\.buildkit\.frontend\.(\w+)/.exec(error.message) || [];
  return lacking[lacks] ?? `failed to solve: ${messageOf(error)}`;
}

/** Runs `work`. Its errors become `BuildError`s, except for the signal's reason. */
export async function withErrorPrefix<T>(
  prefix: string,
  { signal }: Pick<Deps, "signal">,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (signal.aborted || !(error instanceof Error) || error instanceof BuildError) throw error;
    throw new BuildError(error, prefix);
  }
}
