/** Repeats requests after passing failures: answers of 5xx, broken connections, short bodies. */
import { pause } from "../../base/async.ts";
import { RegistryError } from "./registry_error.ts";
import type { Client } from "./requests.ts";

/**
 * The pauses before the tries after the first, as parts of the client's patience: 0.2, 0.8, 2, 4 s.
 */
const PAUSES = [1 / 300, 1 / 75, 1 / 30, 1 / 15];
/** The longest that a registry may ask to wait, as a part of the patience: 30 s. */
const LONGEST_PAUSE = 1 / 2;
/** The number of further requests for content that came too slowly or damaged. */
const MOST_BAD_ANSWERS = 1;

/** Counts the failures of one piece of work, and pauses after each. */
export function failures({ patience, signal }: Pick<Client, "patience" | "signal">) {
  let count = 0, badAnswers = 0;
  return {
    /**
     * Pauses before the next try. Rethrows the error instead when another try would fail as well,
     * was the last, or comes too late. Rejects with the signal's reason.
     */
    async pauseAfter(error: unknown): Promise<void> {
      const part = PAUSES[count++];
      if (!(error instanceof RegistryError) || !error.passing || part === undefined) throw error;
      const isBad = error.code === "timeout" || error.code === "corrupt";
      if (isBad && ++badAnswers > MOST_BAD_ANSWERS) throw error;
      if (error.retryAfter > patience * LONGEST_PAUSE) throw error;
      // Clients that failed at the same time should not try again at the same time.
      const ms = patience * part * (0.75 + Math.random() / 2);
      await pause(Math.max(ms, error.retryAfter), signal);
    },
    /** Called when the work got on so far that the earlier failures don't count any more. */
    forget(): void {
      count = badAnswers = 0;
    },
  };
}

/** Runs work until it succeeds, fails for good, or has failed too often. */
export async function repeated<T>(
  client: Pick<Client, "patience" | "signal">,
  work: (isFirst: boolean) => Promise<T>,
): Promise<T> {
  const failed = failures(client);
  for (let isFirst = true;; isFirst = false) {
    try {
      return await work(isFirst);
    } catch (error) {
      await failed.pauseAfter(error);
    }
  }
}

/**
 * `Retry-After` in milliseconds (RFC 9110 §10.2.3): seconds, or a date. Zero for none, and for what
 * is no such text, such as `-1` or `1e999`.
 */
export function retryAfter(text: string | null, now: number): number {
  if (text === null) return 0;
  if (/^\s*\d{1,9}\s*$/.test(text)) return Number(text) * 1000;
  if (!/^\s*[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} [\d:]{8} GMT\s*$/.test(text)) return 0;
  const date = Date.parse(text);
  return Number.isNaN(date) ? 0 : Math.max(0, date - now);
}
