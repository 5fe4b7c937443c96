import { type Candidates, files, folders, nothing, wordsOf } from "./candidates.ts";
import { type Asked, builders, moreBuilders, refs, schemes } from "./live.ts";
import { shells } from "./shells.ts";

type Provider = (asked: Asked) => Candidates | Promise<Candidates>;

const first = (provider: Provider): Provider => (asked) =>
  asked.args.length === 0 ? provider(asked) : nothing;

/** An endpoint, or the builder that has some. */
const endpointOrBuilder: Provider = (asked) => {
  // No blank follows a scheme, but one follows a builder; a shell takes one rule for all words.
  const own = builders(asked).words;
  const begins = own.some(({ word }) => word.startsWith(asked.typed));
  const found = schemes(asked);
  return { words: [...own, ...found.words], open: !begins };
};

/** The candidates for the arguments of each command, by its path. */
const providers: Readonly<Record<string, Provider>> = {
  bake: async (asked) => (await import("./bake_targets.ts")).bakeTargets(asked),
  build: first(() => folders),
  "certs check": first(() => folders),
  "certs create": first(() => folders),
  completion: first(() => wordsOf(Object.keys(shells))),
  create: first(schemes),
  doctor: first(endpointOrBuilder),
  "history attach": first(refs),
  "history diff": refs,
  "history export": refs,
  "history import": () => files,
  "history inspect": first(refs),
  "history inspect attachment": first(refs),
  "history logs": first(refs),
  "history open": first(refs),
  "history rm": refs,
  "history timeline": first(refs),
  "history trace": first(refs),
  inspect: first(builders),
  proxy: first(endpointOrBuilder),
  rm: moreBuilders,
  stop: first(builders),
  "transports inspect": first(({ deps }) =>
    wordsOf(deps.registry.transports.map(({ scheme }) => scheme))
  ),
  "transports test": first(schemes),
  use: first(builders),
};

/** The candidates for the next argument; none if the lookup fails. */
export async function argumentCandidates(asked: Asked): Promise<Candidates> {
  try {
    return await providers[asked.path]?.(asked) ?? nothing;
  } catch {
    return nothing;
  }
}
