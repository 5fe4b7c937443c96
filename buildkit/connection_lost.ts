/** The connection to a daemon that had answered before is gone. */
export class ConnectionLost extends Error {
  /** The name by which programs recognize this error. */
  override readonly name = "ConnectionLost";
  /** The remedy. */
  readonly hint: string;
  /** The transport's remedy, where the transport knows the cause. */
  readonly remedy: string | undefined;

  /**
   * @param endpoint printable
   * @param reason what became of the connection, as "the peer closed it"
   * @param during what it interrupted, as "build REF"
   */
  /** @internal */
  constructor(
    readonly endpoint: string,
    readonly reason: string,
    options: {
      readonly during?: string;
      readonly hint?: string;
      readonly remedy?: string | undefined;
      readonly cause?: unknown;
    } = {},
  ) {
    const during = options.during === undefined ? "" : ` during ${options.during}`;
    super(`the connection to ${endpoint} was lost${during}: ${reason}`, { cause: options.cause });
    this.remedy = options.remedy;
    this.hint = options.hint ?? options.remedy ??
      "look at the builder's log and at the network on the way to it, then run it again";
  }

  /** Returns the same error, with the interrupted work and the remedy. */
  during(during: string, hint: string = this.hint): ConnectionLost {
    const { endpoint, reason, remedy, cause } = this;
    return new ConnectionLost(endpoint, reason, { during, hint, remedy, cause });
  }
}
