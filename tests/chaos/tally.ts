/** Counts the results of trials, and chooses the trials by a seed that the output shows. */
import { within } from "../../base/async.ts";
import { seeded } from "../harness/random.ts";

export interface Tally {
  /** Runs a trial; `about` says what is tried, undefined for one that nothing spoils. */
  run(about: string | undefined, body: () => Promise<void>): Promise<void>;
  /** Called for a trial whose fault never came: the work didn't need it, so nothing is known. */
  missed(): void;
  /** One line on stdout. */
  print(seed: number): void;
  /** The trials that failed or hung. */
  readonly problems: readonly string[];
}

/** @param limit milliseconds after which a trial counts as hung */
export function tally(name: string, limit: number): Tally {
  const problems: string[] = [];
  let [tried, missed] = [0, 0];
  return {
    problems,
    async run(about, body) {
      let problem: string | undefined = "hung";
      const running = body().then(
        () => problem = undefined,
        (error) => problem = `${error?.message ?? error}`,
      );
      await within(running, limit);
      if (about === undefined) {
        if (problem !== undefined) throw new Error(`${name}, which nothing spoils: ${problem}`);
        return;
      }
      tried++;
      if (problem !== undefined) problems.push(`${about}: ${problem}`);
    },
    missed() {
      missed++;
    },
    print(seed) {
      const counts = `tried ${tried}, failed or hung ${problems.length}, never reached ${missed}`;
      Deno.stdout.writeSync(new TextEncoder().encode(`${name}: ${counts}, seed ${seed}\n`));
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
