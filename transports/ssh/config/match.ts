import { cut } from "../../../base/cut.ts";
import type { Search } from "./config.ts";
import { SshConfigError } from "./config_error.ts";
import { inNetwork } from "./networks.ts";
import { matchesPatterns } from "./patterns.ts";
import { expandCommand, type SshNames, tokensOf } from "./tokens.ts";

/**
 * Whether all criteria of a `Match` line hold. They are judged from left to right, so that a
 * command runs only where the criteria before it hold. `!` negates a criterion. For an unsupported
 * criterion, returns the error for a setting in the block: ignoring that setting could mean a login
 * at another host.
 */
export async function judgeMatch(
  words: readonly string[],
  search: Search,
  place: string,
): Promise<boolean | SshConfigError> {
  const { subject, sources, found, final, seen } = search;
  const { host, user } = namesSoFar(search);
  const left = [...words];
  /** The value after a criterion's equals sign. */
  let given: string | undefined;
  const value = () => given ?? left.shift() ?? "";
  const matches = (text: string, exact = true) =>
    matchesPatterns(text, value().split(","), { exact });
  const criteria: Readonly<Record<string, () => boolean | SshConfigError | Promise<boolean>>> = {
    all: () => true,
    // fairlead doesn't canonicalize names.
    canonical: () => false,
    final() {
      seen.final = true;
      return final;
    },
    host: () => matches(host, false),
    originalhost: () => matches(subject.host, false),
    user: () => matches(user),
    localuser: () => matches(subject.localUser),
    tagged: () => matches(found.get("tag")?.[0] ?? ""),
    localnetwork: () => onNetworks(value().split(","), sources.addresses, place),
    async exec() {
      const tokens = await tokensOf(namesSoFar(search));
      return await sources.run(expandCommand(value(), tokens, `${place}: Match exec`));
    },
  };
  for (let word; (word = left.shift()) !== undefined;) {
    const negated = word.startsWith("!");
    const [name, after] = cut(negated ? word.slice(1) : word, "=");
    given = after;
    const criterion = name.toLowerCase();
    if (!Object.hasOwn(criteria, criterion)) {
      return new SshConfigError(
        place,
        `Match ${criterion} can't be judged by fairlead`,
        "put the settings of this host into a Host block, before that one",
      );
    }
    const holds = await criteria[criterion]!();
    if (holds instanceof SshConfigError) return holds;
    if (holds === negated) return false;
  }
  return words.length > 0;
}

/** Whether one of the addresses is in one of the networks. */
function onNetworks(
  networks: readonly string[],
  addresses: () => readonly string[],
  place: string,
): boolean | SshConfigError {
  const wrong = networks.find((one) => inNetwork("", one) === undefined);
  if (wrong === undefined) {
    return addresses().some((own) => networks.some((one) => inNetwork(own, one)));
  }
  return new SshConfigError(
    place,
    `${JSON.stringify(wrong)} is not a network`,
    "write it as ADDRESS/BITS, with zeros after the first BITS bits",
  );
}

/** The tokens' values at this point of the search. */
export function namesSoFar({ subject, sources: { home }, found }: Search): SshNames {
  const { host: typed, localUser } = subject;
  const first = (keyword: string) => found.get(keyword)?.[0];
  return {
    home,
    host: first("hostname")?.replaceAll("%h", typed) ?? typed,
    typed,
    port: subject.port ?? (Number(first("port")) || 22),
    user: subject.user ?? first("user") ?? localUser,
    localUser,
    alias: first("hostkeyalias"),
    jumps: first("proxyjump"),
  };
}
