import { after, every } from "../../../base/async.ts";

/** Milliseconds without any page until the server ends: a reader may be between two pages. */
const GRACE = 30_000;

/** Milliseconds between two signs of life, which find a page that has gone. */
const BEAT = 15_000;

/** The pages that are looked at. Each holds a stream of events open (`EventSource`). */
export interface Viewers {
  /**
   * A stream for one page.
   * @param onChange subscribes to changes that the page should show
   * @param pause milliseconds from one event to the next
   */
  stream(onChange: (listener: () => void) => () => void, pause: number): Response;
  /** Resolves when pages were looked at and none is any more. */
  readonly gone: Promise<void>;
  /** Ends all streams. */
  end(): void;
}

/** The number of pages that can be followed at a time. */
const MOST = 100;

export function viewers(grace = GRACE): Viewers {
  const gone = Promise.withResolvers<void>();
  const open = new Set<() => void>();
  let stopWaiting = () => {};
  const encoder = new TextEncoder();
  return {
    stream(onChange, pause) {
      if (open.size >= MOST) return new Response("too many pages are open\n", { status: 503 });
      stopWaiting();
      let close = () => {};
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          const send = (text: string) => {
            try {
              controller.enqueue(encoder.encode(text));
            } catch {
              close();
            }
          };
          let [waiting, again] = [false, false];
          let stopPause = () => {};
          const notify = () => {
            again = waiting;
            if (waiting) return;
            send("data: changed\n\n");
            waiting = true;
            stopPause = after(pause, () => {
              waiting = false;
              if (again) notify();
            });
          };
          const stopListening = onChange(notify);
          const stopBeat = every(BEAT, () => send(": still here\n\n"));
          close = () => {
            if (!open.delete(close)) return;
            stopListening();
            stopBeat();
            stopPause();
            try {
              controller.close();
            } catch {
              // The page has closed it already.
            }
            if (open.size === 0) stopWaiting = after(grace, gone.resolve);
          };
          open.add(close);
          send(": hello\n\n");
        },
        cancel: () => close(),
      });
      return new Response(body, { headers: { "content-type": "text/event-stream" } });
    },
    gone: gone.promise,
    end() {
      for (const close of [...open]) close();
      stopWaiting();
    },
  };
}
