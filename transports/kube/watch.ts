/** Finds out whether a channel is still alive, by pings and by questions after a silence. */
import type { WebSocketClient } from "../net/websocket.ts";
import { every } from "../../base/async.ts";

/** The callbacks of `watchChannel`. */
interface Watched {
  /** Called while nothing comes. Resolves to the reason why the stream is dead, or undefined. */
  suspect(): Promise<Error | undefined>;
  /** Called when the stream is dead. */
  lost(error: Error): void;
  /** Called after `leave`, when nothing has come for `LEAVING` looks. */
  left(): void;
}

const LOOK_MS = 1000;
// These times are numbers of looks, not milliseconds. A process that was stopped (Ctrl-Z, a
// sleeping machine) then reads the bytes that came meanwhile before it has looked that often again.
/** The looks between two pings: less than the idle time of proxies (nginx: 60 s). */
const PING = 10;
/**
 * The looks without a byte from the program before `suspect` is called; it is called again whenever
 * that time has doubled. A daemon asks for the health of a session every 5 s.
 */
const QUIET = 6;
/** The looks with one write pending and no byte received before `suspect` is called early. */
const STUCK = 2;
/** The looks without any frame, not even a pong, before the stream is given up. */
const LOST = 20;
/** The quiet looks after which `leave` ends a stream whose protocol has no half-close. */
const LEAVING = 2;

/**
 * Watches until `stop`. Silence counts only during a read, because only a read sees frames.
 *
 * No container runtime reports a program's end while more of its stdin waits than a pipe holds
 * (containerd#12734). The API server still answers pings then; so `suspect` has to ask.
 */
export function watchChannel(socket: WebSocketClient, watched: Watched) {
  let [reading, came] = [false, 0];
  /** `writing` is the number of the pending write; 0 without one. */
  let [writing, writes] = [0, 0];
  /** The values at the last look. */
  let [heardAt, cameAt, stuckAt] = [socket.heard, 0, 0];
  let [silent, quiet, stuck, sincePing, askAt] = [0, 0, 0, 0, QUIET];
  let [leaving, asking, stopped] = [false, false, false];

  const look = () => {
    silent = reading && socket.heard === heardAt ? silent + 1 : 0;
    quiet = reading && came === cameAt ? quiet + 1 : 0;
    stuck = writing !== 0 && writing === stuckAt ? stuck + 1 : 0;
    [heardAt, cameAt, stuckAt] = [socket.heard, came, writing];
    if (leaving && quiet >= LEAVING) return watched.left();
    if (silent >= LOST) {
      return watched.lost(new Deno.errors.TimedOut(`nothing came for ${LOST} s`));
    }
    if (++sincePing >= PING) {
      sincePing = 0;
      socket.ping().catch(() => {});
    }
    if (quiet === 0) askAt = QUIET;
    const blocked = stuck >= STUCK && quiet >= STUCK && askAt === QUIET;
    if (!asking && (blocked || quiet >= askAt)) {
      askAt = 2 * Math.max(quiet, QUIET / 2);
      void ask();
    }
  };
  const stopLooks = every(LOOK_MS, look);
  const ask = async () => {
    asking = true;
    const error = await watched.suspect();
    asking = false;
    if (error !== undefined && !stopped) watched.lost(error);
  };
  return {
    reads(now: boolean): void {
      reading = now;
    },
    /** Reports bytes for the reader. */
    came(): void {
      came++;
    },
    writes(now: boolean): void {
      writing = now ? ++writes : 0;
    },
    /** Ends the stream when the far side is quiet. */
    leave(): void {
      leaving = true;
    },
    stop(): void {
      stopped = true;
      stopLooks();
    },
  };
}
