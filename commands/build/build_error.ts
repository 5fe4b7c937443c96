import { RpcError } from "../../buildkit/grpc/status.ts";
import { sourceExcerpt, sourcesOf } from "../progress/source_excerpt.ts";

/** A build that failed: the Dockerfile's lines stand above the message. */
export class BuildError extends Error {
  override readonly name = "BuildError";
  readonly above: readonly string[];
  /** @param prefix what stands before the text: `failed to build: `, `target app: ` */
  constructor(cause: Error, prefix: string) {
    super(`${prefix}${cause instanceof RpcError ? "failed to solve: " : ""}${cause.message}`, {
      cause,
    });
    const details = cause instanceof RpcError ? cause.details : [];
    this.above = sourcesOf(details).flatMap((source) =>
      sourceExcerpt(source).trimEnd().split("\n")
    );
  }
}
