/** The connection to a daemon that had answered before is gone. */
export class ConnectionLost extends Error {
  /** How programs tell it from others. */
  override readonly name = "ConnectionLost";
  /** The endpoint, without secrets. */
  readonly endpoint: string;
  /** What the system or the far side said. */
  readonly reason: string;
  /** What to try. */
  readonly hint: string;

  /**
   * @param endpoint printable
   * @param reason what became of the connection, as "the peer closed it"
   * @param during what it interrupted, as "build REF"
   */
  /** @internal */
  constructor(
    endpoint: string,
    reason: string,
    options: {
      readonly during?: string;
      readonly hint?: string;
      readonly cause?: unknown;
    } = {},
  ) {
    const during = options.during === undefined ? "" : ` during ${options.during}`;
    super(`the connection to ${endpoint} was lost${during}: ${reason}`, { cause: options.cause });
    this.endpoint = endpoint;
    this.reason = reason;
    this.hint = options.hint ??
      "look at the builder's log and at the network on the way to it, then run it again";
  }

  /** The same, with what it interrupted, and what can be done. */
  during(during: string, hint: string = this.hint): ConnectionLost {
    return new ConnectionLost(this.endpoint, this.reason, { during, hint, cause: this.cause });
  }
}
