/**
 * Decides whether compression pays on a link, from the bytes that leave the queue of messages.
 *
 * On a far link, an upload begins compressed: its windows are still small, and fewer bytes need
 * fewer round trips. On a near one, it begins plain, and compression is tried where little passes.
 * Then the two speeds are compared, so nothing depends on a guess about the machine:
 *
 * - The plain speed is the bytes that left while some were queued, divided by that time.
 * - The packed speed is the bytes before compression, divided by the time in which something was
 *   queued or compressed.
 *
 * While compressed data fills a link, plain data would mostly lose time. So comparisons become
 * rare, and come late where so little passes that the daemon is hardly the limit.
 */

/** The levels of gzip: a quick one, and one for links that the quick one overfills. */
export const QUICK = 1, THOROUGH = 3;
/** Messages that become no smaller than this part are sent as they are. */
export const WORTH = 0.9;

/** Bytes that wait on a far link before an upload counts as one. */
const UPLOAD = 64 << 10;
/** Milliseconds of a round trip from which on a link is far. */
const FAR = 10;
/** Milliseconds of sending after which the link is judged: in a trial, and later. */
const TRIAL = 250, LATER = 1000;
/**
 * The same in a comparison, at least and in round trips. It goes on while each look finds so much
 * more than the one before: the peer's windows are growing.
 */
const COMPARISON = 60, ROUND_TRIPS = 2, GROWTH = 1.3;
/**
 * The least that must have left before the link is judged, in bytes: on a far and on a near link.
 */
const FAR_LEAST = 64 << 10, NEAR_LEAST = 1 << 20;
/** Compression isn't tried where more passes, in bytes/ms. A near link is rarely the limit. */
const FAR_LIMIT = 40_000, NEAR_LIMIT = 14_000;
/** With less than this, in bytes/ms, the daemon is hardly the limit, and a comparison has time. */
const DAEMON_LEAST = 28_000, HAS_TIME = 4000;
/**
 * Parts of the time that compression may take, for the thorough level to be chosen, and to stay.
 */
const IDLE = 0.2, HURRIED = 0.6;
/** How much quicker compression must be to go on. */
const GAIN = 1.25;
/**
 * The pauses before comparisons, and between trials, in milliseconds: they double up to a limit.
 */
const PAUSE = 250, LONGEST_PAUSE = 16_000;

/** Facts that the judge asks for. */
export interface LinkFacts {
  /** Milliseconds, always growing. */
  now(): number;
  /** The shortest known round trip. */
  roundTrip(): number;
}

/** The judge of one link. All times are milliseconds, all sizes bytes. */
export class LinkJudge {
  /** The level at which the next message is to be compressed; 0 for not at all. */
  level = 0;
  #begun = false;
  #queued = 0;
  /** Bytes that were queued before the present period, and have to leave first. */
  #older = 0;
  /** The time before which nothing counts. */
  #settles = 0;
  #length = LATER;
  #began: number;
  /** The time in this period in which something was queued, up to `#since` if something is now. */
  #busy = 0;
  #since = 0;
  /** The time of compression, and the part of it in which nothing was queued. */
  #packing = 0;
  #alone = 0;
  #original = 0;
  #sent = 0;
  #left = 0;
  #plainSpeed = 0;
  /** The packed speed and its level, while the plain speed is measured for comparison. */
  #compared: { readonly speed: number; readonly level: number } | undefined;
  #nextTrial = 0;
  #nextComparison = 0;
  #pause = PAUSE;

  constructor(private readonly facts: LinkFacts) {
    this.#began = facts.now();
  }

  /**
   * Counts a message that was queued.
   * @param size as it will be sent
   * @param original before compression
   * @param took milliseconds of compression
   */
  queued(size: number, original: number, took: number): void {
    this.#packing += took;
    if (this.#queued === 0) {
      this.#since = this.facts.now();
      this.#alone += took;
    }
    this.#queued += size;
    this.#sent += size;
    this.#original += original;
    if (!this.#begun && this.#queued >= UPLOAD) this.#first();
  }

  /** Counts bytes that have left the queue, or were dropped. */
  left(size: number): void {
    this.#queued = Math.max(0, this.#queued - size);
    if (this.#older > 0) {
      this.#older -= size;
      if (this.#older <= 0) this.#settle();
      return;
    }
    const now = this.facts.now();
    if (this.#settles > now) return this.#begin(now);
    this.#left += size;
    this.#busy += now - this.#since;
    this.#since = now;
    if (this.#busy + this.#alone < this.#length) return;
    const isNear = this.level === 0 && !this.#isFar;
    if (this.#left >= (isNear ? NEAR_LEAST : FAR_LEAST)) this.#judge(now);
  }

  /** True while less should wait in the queue, so that a change of the level soon has an effect. */
  get isCautious(): boolean {
    return this.level > 0 || this.#compared !== undefined;
  }

  get #isFar(): boolean {
    return this.facts.roundTrip() >= FAR;
  }

  /** The upload begins. */
  #first(): void {
    this.#begun = true;
    if (!this.#isFar) return;
    const now = this.facts.now();
    this.level = QUICK;
    this.#length = TRIAL;
    this.#nextComparison = now + PAUSE;
    this.#begin(now);
  }

  /** Bytes of the present level leave from now on. */
  #settle(): void {
    this.#older = 0;
    const now = this.facts.now();
    this.#settles = this.#compared === undefined
      ? now
      : now + Math.min(this.facts.roundTrip(), LATER);
    this.#begin(now);
  }

  #begin(now: number): void {
    this.#began = this.#since = now;
    this.#busy =
      this.#packing =
      this.#alone =
      this.#original =
      this.#sent =
      this.#left =
        0;
  }

  #judge(now: number): void {
    const before = this.level;
    const time = Math.max(this.#busy + this.#alone, 0.001);
    const speed = this.#left / time;
    this.#length = before === 0
      ? this.#judgePlain(now, speed, this.#busy / Math.max(now - this.#began, this.#busy))
      : this.#judgePacked(now, speed, this.#busy / time);
    this.#begin(now);
    if ((this.level === 0) === (before === 0)) return;
    this.#older = this.#queued;
    if (this.#older === 0) this.#settle();
  }

  /** @param share the part of the time in which something was queued */
  #judgePlain(now: number, speed: number, share: number): number {
    const packed = this.#compared;
    const before = this.#plainSpeed;
    this.#plainSpeed = speed;
    if (packed !== undefined) {
      if (packed.speed > speed * GAIN && speed > before * GROWTH) return this.#lookLength();
      this.#compared = undefined;
      if (packed.speed < speed * GAIN) return this.#plain(now);
      this.level = packed.level;
      this.#nextComparison = now + this.#longer();
      return LATER;
    }
    const limit = this.#isFar ? FAR_LIMIT : NEAR_LIMIT;
    if (speed > limit || share < 0.5 || now < this.#nextTrial) return LATER;
    this.level = QUICK;
    this.#nextComparison = this.#isFar ? now + PAUSE : now - HAS_TIME;
    return TRIAL;
  }

  /** @param share the part of the time in which the link had something to send */
  #judgePacked(now: number, wireSpeed: number, share: number): number {
    if (this.#sent > this.#original * WORTH) return this.#plain(now);
    const speed = this.#sent === 0 ? wireSpeed : wireSpeed * this.#original / this.#sent;
    const isFull = share > 0.8;
    const isBetter = this.#plainSpeed === 0 || speed > this.#plainSpeed * GAIN;
    const isDue = now >= this.#nextComparison + (speed > DAEMON_LEAST ? 0 : HAS_TIME);
    if (isFull && isBetter && !isDue) {
      const part = this.#packing / Math.max(now - this.#began, 1);
      const isEarly = this.#plainSpeed === 0 && now < this.#nextComparison;
      this.level = !isEarly && part < (this.level === QUICK ? IDLE : HURRIED) ? THOROUGH : QUICK;
      return Math.min(LATER, Math.max(TRIAL, this.#nextComparison - now));
    }
    if (!isFull && this.level === THOROUGH) {
      this.level = QUICK;
      return TRIAL;
    }
    this.#compared = { speed, level: this.level };
    this.level = this.#plainSpeed = 0;
    return this.#lookLength();
  }

  #lookLength(): number {
    return Math.max(COMPARISON, ROUND_TRIPS * Math.min(this.facts.roundTrip(), LATER));
  }

  /** Ends compression for a while. */
  #plain(now: number): number {
    this.level = 0;
    this.#nextTrial = now + this.#longer();
    return LATER;
  }

  #longer(): number {
    const pause = this.#pause;
    this.#pause = Math.min(pause * 2, LONGEST_PAUSE);
    return pause;
  }
}
