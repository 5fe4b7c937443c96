/** Whether a channel is still alive: pings, and what to think of a silence. */
import type { WebSocketClient } from "../net/websocket.ts";
import { every } from "../../base/async.ts";

/** What comes of watching. */
export interface Watched {
  /** Asked while nothing comes: why the stream is dead; undefined where it may live. */
  suspect(): Promise<Error | undefined>;
  /** The stream is dead. */
  lost(error: Error): void;
  /** We have left, and the far side has said all that was on its way. */
  left(): void;
}

const LOOK_MS = 1000;
// All of these are counted in looks, not in milliseconds: a process that was stopped (Ctrl-Z, a
// sleeping machine) reads what came meanwhile before it has looked again as often as that.
/** Oftener than the idle times of proxies (nginx: 60 s). */
const PING = 10;
/**
 * Without a byte from the program, asked then, and whenever that time has doubled: a daemon asks for
 * the health of a session every 5 s.
 */
const QUIET = 6;
/** Bytes that nobody takes, and nothing comes. */
const STUCK = 2;
/** Not even a ping's answer came. */
const LOST = 20;
/** After our own end, where there is no word for it: the far side has nothing more to say. */
const LEAVING = 2;

/**
 * Watches until it is stopped. Silence counts while somebody reads: else an answer can't be seen.
 *
 * Where a program ends while more of its stdin waits than a pipe holds, no container runtime tells of
 * the end (containerd#12734), while the API server goes on answering pings: hence the questions.
 */
export function watchChannel(socket: WebSocketClient, watched: Watched) {
  let [reading, came] = [false, 0];
  /** Counts writes; 0 while there is none. */
  let [writing, writes] = [0, 0];
  /** As they were at the last look. */
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
    /** Something came for the reader. */
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
