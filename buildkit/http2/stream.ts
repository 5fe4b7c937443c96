/**
 * One request and its response (RFC 9113 §5): the interface for its user, and the state that its
 * connection keeps.
 */
import type { Core } from "./core.ts";
import { codeName, type Http2Error } from "./errors.ts";
import type { Header } from "./hpack.ts";
import type { Source } from "./source.ts";
import type { ReceiveWindow } from "./window.ts";

/**
 * Receives the events of a stream, in the peer's order, from within the connection's `receive`
 * (`closed` from within any call). A handler may call anything but `receive` and `pull`. An error
 * that it throws resets the stream with INTERNAL_ERROR.
 */
export interface StreamHandler {
  /** As client: the response's header list. Informational (1xx) ones have been left out. */
  headers?(list: Header[], endStream: boolean): void;
  /**
   * Some of the body: valid during the call only. Each byte is to be given back by `stream.credit`,
   * at once or later.
   */
  data(chunk: Uint8Array): void;
  trailers?(list: Header[]): void;
  /** The peer sends nothing more: the last data, the trailers or the only header list has come. */
  end?(): void;
  /** Called exactly once, when the stream is over: complete in both directions, or by the error. */
  closed(error?: Http2Error): void;
}

export class Stream {
  /** The number; 0 while the stream waits for the peer to allow another stream. */
  id = 0;

  /** The error that ended the stream, if it did not end in good order. */
  error: Http2Error | undefined;

  // The members below are for the connection.
  source: Source | undefined;
  trailers: readonly Header[] | undefined;
  /** Ends the stream after the bytes that the source holds. */
  ending = false;
  localEnded = false;
  remoteEnded = false;
  isClosed = false;
  /** Bytes of DATA the peer still takes; may be below 0 after a SETTINGS change. */
  window = 0;
  /** Bytes received that have not been given back yet. */
  unconsumed = 0;
  /** The first header list has come. */
  begun = false;
  /** Body bytes that content-length still announces; -1 when it does not. */
  expected = -1;
  /** The size of the request's header list (as server), which is kept as long as the stream. */
  headerBytes = 0;
  /** True while the stream is in the scheduler's list. */
  ready = false;
  next: Stream | undefined;

  constructor(
    private readonly core: Core,
    public handler: StreamHandler,
    readonly received: ReceiveWindow,
  ) {}

  /** As server: sends the response's header list, perhaps after 1xx ones. Ignored once closed. */
  sendHeaders(list: readonly Header[], endStream = false): void {
    if (!this.isClosed) this.core.sendHeaders(this, list, endStream);
  }

  /** Sets the source of the stream's data, once. */
  attach(source: Source): void {
    if (this.source !== undefined) throw new Error("cannot attach a source: there is one");
    this.source = source;
    if (this.isClosed) {
      source.detached?.(this.error);
      return;
    }
    source.attached?.(() => this.wake());
    this.wake();
  }

  /**
   * Called when the source has something new, or has ended. A needless call is cheap and harmless.
   */
  wake(): void {
    if (!this.isClosed) this.core.scheduler.wake(this);
  }

  /**
   * Ends our side with trailers, once what the source holds (`available` falls to 0) has been sent.
   * Call it before the source says `ended`, else the stream ends without them.
   */
  sendTrailers(list: readonly Header[]): void {
    if (this.localEnded || this.ending) return;
    this.trailers = list;
    this.end();
  }

  /** Ends our side once the source's bytes have been sent. */
  end(): void {
    this.ending = true;
    this.wake();
  }

  /** Ends both sides by RST_STREAM; unsent bytes are dropped. Ignored once closed. */
  reset(code: number): void {
    this.core.resetStream(this, code, `stream reset by us: ${codeName(code)}`);
  }

  /** Gives `bytes` of received data back to the peer's window. Ignored once closed. */
  credit(bytes: number): void {
    if (!this.isClosed && bytes > 0) this.core.credit(this, bytes);
  }
}
