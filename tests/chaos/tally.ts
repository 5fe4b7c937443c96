/** Counts the results of trials, and chooses the trials by a seed that the output shows. */
import { within } from "../../base/async.ts";
import { seeded } from "../harness/random.ts";

export interface Tally {
  /** Runs a trial; `about` says what is tried, undefined for one that nothing spoils. */
  run(about: string | undefined, body: () => Promise<void>): Promise<void>;
  /** Called for a trial whose fault never came. */
  missed(about: string): void;
  /** One line on stdout. */
  print(seed: number): void;
  /** The trials that failed or hung. */
  readonly problems: readonly string[];
}

/** @param limit milliseconds after which a trial counts as hung */
export function tally(name: string, limit: number): Tally {
  const problems: string[] = [];
  let tried = 0, held = 0, refused = 0, hung = 0, missed = 0;
  return {
    problems,
    async run(about, body) {
      let ended = false;
      let failure: { error: unknown } | undefined;
      const running = body().catch((error) => void (failure = { error })).finally(() => {
        ended = true;
      });
      await within(running, limit);
      if (about === undefined) {
        if (failure !== undefined) throw failure.error;
        if (!ended) throw new Error(`${name}: hung though nothing was spoilt`);
        return;
      }
      tried++;
      if (!ended) {
        hung++;
        problems.push(`${about}: hung`);
      } else if (failure === undefined) held++;
      else {
        refused++;
        problems.push(`${about}: ${(failure.error as Error)?.message}`);
      }
    },
    missed(about) {
      missed++;
      // The fault wasn't needed for the work: nothing is known of it.
      void about;
    },
    print(seed) {
      const counts = `tried ${tried}, held ${held}, refused ${refused}, hung ${hung}`;
      const lost = `lost ${tried - held - refused - hung}, never reached ${missed}`;
      Deno.stdout.writeSync(
        new TextEncoder().encode(`${name}: ${counts}, ${lost}, seed ${seed}\n`),
      );
    },
  };
}

/** The seed of this run, and what it chooses. */
export function chaos() {
  const seed = Number(Deno.env.get("FAIRLEAD_CHAOS_SEED") ?? 7);
  const random = seeded(seed);
  return {
    seed,
    isLong: Deno.env.get("FAIRLEAD_CHAOS") === "long",
    random,
    /** Some of them, in an order of the seed's. */
    pick<T>(all: readonly T[], count: number): T[] {
      const rest = [...all];
      for (let i = rest.length - 1; i > 0; i--) {
        const j = Math.floor(random() * (i + 1));
        [rest[i], rest[j]] = [rest[j]!, rest[i]!];
      }
      return rest.slice(0, count);
    },
  };
}
