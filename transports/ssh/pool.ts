/**
 * The ssh connections of this process. A connection serves many dials, each by a channel. Each
 * connection costs a handshake and a login, and servers drop connections that come in crowds
 * (`MaxStartups`). So a further connection is opened only when the one before is open and has no
 * room.
 *
 * The table is this module's own, because two dials of one endpoint know nothing of each other.
 */
import { onAbort } from "../../base/async.ts";
import { openLink, type SshLink } from "./link.ts";
import type { SshTarget } from "./target.ts";
import { interrupted } from "../errors.ts";
import type { DialContext, DialStep } from "../transport.ts";

/** A dial's share of a connection. */
export interface SshSlot {
  readonly link: SshLink;
  /**
   * Called after the server refused a program: lowers the limit of programs to the number of others
   * on this connection. Returns false where there is no other: then the limit is not the reason.
   */
  full(): boolean;
  /** Gives the slot back. The connection closes `LINGER_MS` after its last slot. */
  release(): void;
}

interface Entry {
  readonly link: Promise<SshLink>;
  readonly stop: AbortController;
  open: SshLink | undefined;
  step: DialStep;
  /** The number of slots in use. */
  users: number;
  programs: number;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** The connections to one host. */
interface Host {
  readonly entries: Set<Entry>;
  /** The number of programs that the server allows on a connection (`MaxSessions`). */
  limit: number;
}

const MAX_SESSIONS = 10;
/** How long an idle connection waits for the next dial, in ms. */
const LINGER_MS = 300;

const hosts = new Map<string, Host>();

/**
 * Takes a slot on a connection to a host, and opens a connection where none has room. Throws
 * `DialError`, or the signal's reason.
 *
 * @param program the slot is for a program, of which a connection allows only a few
 */
export async function takeSlot(
  target: SshTarget,
  endpoint: string,
  program: boolean,
  context: DialContext,
): Promise<SshSlot> {
  const { signal } = context;
  if (signal.aborted) throw interrupted(signal, endpoint, "connect");
  const key = JSON.stringify(target);
  const host = hosts.get(key) ?? { entries: new Set(), limit: MAX_SESSIONS };
  const { entries } = host;
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  stopped.catch(() => {});
  let step: DialStep = "connect";
  using _ = onAbort(signal, () => reject(interrupted(signal, endpoint, step)));
  let entry: Entry | undefined;
  for (;;) {
    const all = [...entries];
    entry = all.find((each) => !each.open?.gone && (!program || each.programs < host.limit));
    if (entry !== undefined) break;
    const opening = all.find((each) => each.open === undefined);
    if (opening === undefined) {
      hosts.set(key, host);
      entry = start(target, endpoint, context, entries);
      break;
    }
    step = opening.step;
    await Promise.race([
      opening.link.catch((error) => {
        // A further connection would meet the same error, unless this one was aborted by its own
        // dials.
        if (!opening.stop.signal.aborted) throw error;
      }),
      stopped,
    ]);
  }
  clearTimeout(entry.timer);
  entry.users++;
  if (program) entry.programs++;
  let held = true;
  const release = () => {
    if (!held) return;
    held = false;
    entry.users--;
    if (program) entry.programs--;
    if (entry.users === 0) closeWhenIdle(entry, entries);
    if (entries.size === 0) hosts.delete(key);
  };
  try {
    step = entry.step;
    const link = await Promise.race([entry.link, stopped]);
    return {
      link,
      release,
      full() {
        const others = entry.programs - 1;
        if (others > 0) host.limit = Math.min(host.limit, others);
        return others > 0;
      },
    };
  } catch (error) {
    release();
    throw error;
  }
}

function start(
  target: SshTarget,
  endpoint: string,
  context: DialContext,
  siblings: Set<Entry>,
): Entry {
  const stop = new AbortController();
  const forget = () => siblings.delete(entry);
  const link = (async () => {
    // `entry` is assigned below, before the first step is reported.
    await Promise.resolve();
    const step = (next: DialStep, detail?: string) => {
      entry.step = next;
      context.step(next, detail);
    };
    return await openLink(target, endpoint, { ...context, signal: stop.signal, step });
  })();
  const entry: Entry = {
    link,
    stop,
    open: undefined,
    step: "connect",
    users: 0,
    programs: 0,
    timer: undefined,
  };
  siblings.add(entry);
  link.then((open) => {
    entry.open = open;
    // The last dial may have given up while the login succeeded.
    if (stop.signal.aborted) open.close();
    void open.closed.then(forget);
  }, forget);
  return entry;
}

/** Closes a connection that has no users. */
function closeWhenIdle(entry: Entry, siblings: Set<Entry>): void {
  const { open } = entry;
  if (open === undefined) {
    siblings.delete(entry);
    entry.stop.abort(new Deno.errors.Interrupted("nobody waits for the connection any more"));
    return;
  }
  entry.timer = setTimeout(() => {
    siblings.delete(entry);
    open.close();
  }, LINGER_MS);
  // The timer must not keep a finished program alive.
  Deno.unrefTimer(entry.timer);
}
