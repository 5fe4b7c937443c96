/** The error that file sync throws for its own findings: the path, the attempt and the reason. */
export class FsyncError extends Error {
  override readonly name = "FsyncError";

  /**
   * @param attempt what was tried, without the path: `read`, `create`, `accept`.
   * @param path the path as a user would name it: relative to the context or the output folder when
   *   it lies inside.
   * @param reason what stood against it, in lower case and without a full stop.
   * @param code the system's name of the failure (`EACCES`, `ENOSPC` …), where there was one.
   */
  constructor(
    readonly attempt: string,
    readonly path: string,
    readonly reason: string,
    readonly code?: string,
  ) {
    super(`cannot ${attempt}${path === "" ? "" : ` ${JSON.stringify(path)}`}: ${reason}`);
  }

  /** Returns the same error for a path that the system refused, relative to `folder`. */
  below(folder: string): FsyncError {
    if (this.code === undefined || this.path.startsWith("/")) return this;
    return new FsyncError(this.attempt, `${folder}/${this.path}`, this.reason, this.code);
  }
}

/** The peer gave up, and reported the reason in an ERR packet. */
export class PeerError extends Error {
  override readonly name = "PeerError";

  constructor(readonly reason: string) {
    super(`file sync stopped by the builder: ${reason}`);
  }
}

/** Decodes the bytes of a path or a text for messages. Bytes that are not UTF-8 show as U+FFFD. */
export function text(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

const decoder = new TextDecoder();
