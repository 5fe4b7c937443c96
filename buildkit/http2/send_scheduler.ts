/**
 * Chooses and encodes the frames that are sent next. Control frames go first, then DATA of the
 * streams in turn, one frame each. It keeps the peer's windows (RFC 9113 §5.2) and its
 * MAX_FRAME_SIZE. The source copies its bytes behind room for the frame's header, which is filled
 * in afterwards. So a source need not know beforehand how much it will give, and an inner
 * connection can be the source of a stream of an outer one.
 */
import { after } from "../../base/async.ts";
import { ControlQueue } from "./control_queue.ts";
import type { Core } from "./core.ts";
import {
  DEFAULT_MAX_FRAME,
  DEFAULT_WINDOW,
  Flag,
  Frame,
  HEADER_BYTES,
  putFrameHeader,
} from "./frame.ts";
import type { Stream } from "./stream.ts";

/** With less room than this, a frame is assembled in a buffer of its own and copied in pieces. */
const CARRY = 256;
/** The largest frame that is sent, whatever the peer accepts: streams wait for each other. */
const LARGEST_SENT = 65_536;

/**
 * Before the answer to a PING goes this part of what may be sent now, and as much as makes this
 * part of the peer's window since the last answer. A window that is about to open again adds
 * another part. Limits in bytes: with less DATA waiting than the first, the answer goes at once; it
 * never waits for more than the second.
 */
const BEFORE_ANSWER = 0.75, OF_WINDOW = 0.7, OF_NEXT = 0.5;
const WAITS_FROM = 16 << 10, WAITS_FOR = 256 << 10;
/** Milliseconds that an answer waits at most for DATA that the peer doesn't accept yet. */
const HOLDS = 250;

export class SendScheduler {
  readonly control: ControlQueue;
  /** Called when there is newly something to pull, and not again until all has been pulled. */
  onWritable: (() => void) | undefined;
  /** The bytes of DATA that the peer accepts on all streams together. */
  window = DEFAULT_WINDOW;
  #maxFrame = DEFAULT_MAX_FRAME;
  #signalled = false;
  #head: Stream | undefined; // those ready, linked by `next`
  #tail: Stream | undefined;
  #pulling: Stream | undefined;
  readonly #rested = new Set<Stream>(); // streams that had bytes and could send none
  readonly #carry: Uint8Array = new Uint8Array(HEADER_BYTES + CARRY);
  #carryAt = 0;
  #carryEnd = 0;
  /** The opaque bytes of a PING that is answered behind some DATA, and how much is left of that. */
  #answer: Uint8Array | undefined;
  #before: number | undefined;
  #sentSince = 0; // bytes of DATA since the last answer
  #lastSent = 0;
  #lastAnswer = 0;
  #answerDue = 0;
  #isHolding = false;

  constructor(private readonly core: Core) {
    this.control = new ControlQueue(() => this.signal());
  }

  set maxFrame(bytes: number) {
    this.#maxFrame = Math.min(bytes, LARGEST_SENT);
  }

  /**
   * Answers a PING. grpc-go sends one with the first DATA after the last answer, and counts the
   * DATA until the next one. If that is two thirds of its window, the window becomes twice as much.
   * So the answer waits for so much, also where the window is used up and about to open. It goes
   * behind most of what may be sent now, but not behind all: with the rest comes the next PING, a
   * round trip sooner. So the windows grow with each flight, and an upload sooner fills a long
   * link.
   */
  answerPing(opaque: Uint8Array): void {
    if (this.#answer !== undefined) this.#release();
    this.#answer = opaque.slice();
    this.#before = undefined; // known at the next pull, when the peer may have opened windows
    this.signal();
  }

  #dataBefore(): number {
    const waiting = this.waiting();
    const now = this.available() - this.control.length;
    const { initialWindow } = this.core.peer;
    const lacking = this.#opensSoon() && now < WAITS_FROM
      ? OF_NEXT * initialWindow
      : OF_WINDOW * initialWindow - this.#sentSince;
    const before = Math.min(Math.max(lacking, now * BEFORE_ANSWER), WAITS_FOR);
    if (waiting < WAITS_FROM || before < WAITS_FROM / 2) this.#release();
    else this.#hold();
    return before;
  }

  /** Answers are a round trip apart, and a used window opens a round trip after it was used. */
  #opensSoon(): boolean {
    const time = performance.now();
    return time - this.#lastSent > (time - this.#lastAnswer) / 2;
  }

  /** Sees to it that the answer goes in time, whatever the peer accepts. */
  #hold(): void {
    this.#answerDue = performance.now() + HOLDS;
    if (this.#isHolding) return; // one timer is enough for PINGs that come every millisecond
    this.#isHolding = true;
    const look = () => {
      const left = this.#answerDue - performance.now();
      this.#isHolding = this.#answer !== undefined && left > 1 && !this.core.over;
      if (this.#isHolding) after(left, look);
      else if (this.#answer !== undefined) this.#release();
    };
    after(HOLDS, look);
  }

  #release(): void {
    const opaque = this.#answer!;
    this.#answer = undefined;
    this.#sentSince = 0;
    this.#lastAnswer = performance.now();
    this.control.ping(opaque, true);
  }

  /** Fills `into` and returns the count of bytes. When it isn't full, nothing is left for now. */
  pull(into: Uint8Array): number {
    const end = into.length;
    let at = 0;
    if (this.#answer !== undefined) this.#before ??= this.#dataBefore();
    while (at < end) {
      if (this.#carryAt < this.#carryEnd) {
        at += this.#takeCarry(into, at);
      } else if (this.control.length > 0) {
        at += this.control.take(into, at);
      } else {
        const stream = this.window > 0 ? this.#shift() : undefined;
        const began = at;
        if (stream !== undefined) at = this.#layOut(stream, into, at);
        else if (this.#answer === undefined || this.waiting() >= WAITS_FROM) break;
        if (this.#answer === undefined) continue;
        this.#before! -= at - began;
        if (this.#before! <= 0 || stream === undefined) this.#release();
      }
    }
    this.#signalled = this.available() > 0;
    return at;
  }

  /** How many bytes `pull` gives now, at least; above 0 whenever it would give any. */
  available(): number {
    let data = 0;
    if (this.window > 0) {
      for (let stream = this.#head; stream !== undefined; stream = stream.next) {
        if (stream.isClosed) continue;
        data += Math.max(0, Math.min(stream.window, stream.source!.available()));
      }
    }
    const answer = this.#answer !== undefined && this.#before === undefined ? 1 : 0;
    return this.#carryEnd - this.#carryAt + this.control.length + answer +
      Math.min(data, this.window);
  }

  /** How many bytes of DATA wait, whether or not the peer accepts them now. */
  waiting(): number {
    let data = 0;
    for (const { isClosed, source } of this.core.streams.values()) {
      if (!isClosed && source !== undefined) data += source.waiting?.() ?? source.available();
    }
    return data;
  }

  /** Looks whether the stream has something to send, and may send it. */
  wake(stream: Stream): void {
    if (stream.ready || stream.localEnded || stream.isClosed || stream.id === 0) return;
    if (stream === this.#pulling) return; // looked at once its pull is over
    const available = stream.source?.available() ?? 0;
    if (available === 0) {
      if (isEnding(stream)) this.core.finish(stream);
      return;
    }
    if (stream.window <= 0) return;
    this.#push(stream);
    if (this.window > 0) this.signal();
  }

  /** The connection's window, or a stream's, has grown. */
  windowOpened(): void {
    const rested = [...this.#rested];
    this.#rested.clear();
    for (const stream of rested) this.wake(stream);
    if (this.window > 0 && this.#head !== undefined) this.signal();
  }

  /** Says that there is something to pull, or to look at: the connection's end. */
  signal(): void {
    if (this.#signalled) return;
    this.#signalled = true;
    this.onWritable?.();
  }

  #push(stream: Stream): void {
    stream.ready = true;
    stream.next = undefined;
    if (this.#tail === undefined) this.#head = stream;
    else this.#tail.next = stream;
    this.#tail = stream;
  }

  #shift(): Stream | undefined {
    const stream = this.#head;
    if (stream === undefined) return undefined;
    this.#head = stream.next;
    if (this.#head === undefined) this.#tail = undefined;
    stream.ready = false;
    stream.next = undefined;
    return stream;
  }

  /** Lays out one DATA frame of `stream` at `into[at..)`, and returns where it ends. */
  #layOut(stream: Stream, into: Uint8Array, at: number): number {
    if (stream.isClosed || stream.localEnded) return at;
    const source = stream.source!;
    let limit = Math.min(this.#maxFrame, this.window, stream.window);
    if (limit <= 0) return at; // its WINDOW_UPDATE will wake it
    const room = into.length - at - HEADER_BYTES;
    const aside = room < limit && room < CARRY;
    const target = aside ? this.#carry : into;
    const start = aside ? 0 : at;
    limit = Math.min(limit, aside ? CARRY : room);
    const began = start + HEADER_BYTES;
    const count = this.#pullFrom(stream, target.subarray(began, began + limit));
    if (stream.isClosed) return at;
    if (count === 0) {
      if (source.available() > 0) this.#rested.add(stream);
      else if (isEnding(stream)) this.core.finish(stream);
      return at;
    }
    this.window -= count;
    this.#sentSince += count;
    this.#lastSent = performance.now();
    stream.window -= count;
    const more = source.available() > 0;
    const last = !more && stream.trailers === undefined && isEnding(stream);
    putFrameHeader(target, start, count, Frame.DATA, last ? Flag.END_STREAM : 0, stream.id);
    if (more) {
      if (stream.window > 0) this.#push(stream);
    } else if (last) {
      this.core.localEnd(stream);
    } else if (isEnding(stream)) {
      this.core.finish(stream);
    }
    if (!aside) return at + HEADER_BYTES + count;
    this.#carryAt = 0;
    this.#carryEnd = HEADER_BYTES + count;
    return at;
  }

  #pullFrom(stream: Stream, into: Uint8Array): number {
    this.#pulling = stream;
    try {
      return stream.source!.pull(into);
    } catch (error) {
      this.core.sourceFailed(stream, error);
      return 0;
    } finally {
      this.#pulling = undefined;
    }
  }

  #takeCarry(into: Uint8Array, at: number): number {
    const count = Math.min(this.#carryEnd - this.#carryAt, into.length - at);
    into.set(this.#carry.subarray(this.#carryAt, this.#carryAt + count), at);
    this.#carryAt += count;
    return count;
  }
}

function isEnding(stream: Stream): boolean {
  return stream.ending || stream.source?.ended === true;
}
