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
  while (left.length > 0) {
    const word = left.shift()!;
    const negated = word.startsWith("!");
    const [name, given] = cut(negated ? word.slice(1) : word, "=");
    const criterion = name.toLowerCase();
    const value = () => given ?? left.shift() ?? "";
    const list = () => value().split(",");
    let holds: boolean;
    switch (criterion) {
      case "all":
        holds = true;
        break;
      case "final":
        seen.final = true;
        holds = final;
        break;
      case "canonical":
        // fairlead doesn't canonicalize names.
        holds = false;
        break;
      case "host":
        holds = matchesPatterns(host, list());
        break;
      case "originalhost":
        holds = matchesPatterns(subject.host, list());
        break;
      case "user":
        holds = matchesPatterns(user, list(), { exact: true });
        break;
      case "localuser":
        holds = matchesPatterns(subject.localUser, list(), { exact: true });
        break;
      case "tagged":
        holds = matchesPatterns(found.get("tag")?.[0] ?? "", list(), { exact: true });
        break;
      case "localnetwork": {
        const networks = list();
        const wrong = networks.find((one) => inNetwork("", one) === undefined);
        if (wrong !== undefined) {
          return new SshConfigError(
            place,
            `${JSON.stringify(wrong)} is not a network`,
            "write it as ADDRESS/BITS, with zeros after the first BITS bits",
          );
        }
        holds = sources.addresses().some((own) => networks.some((one) => inNetwork(own, one)));
        break;
      }
      case "exec": {
        const tokens = await tokensOf(namesSoFar(search));
        holds = await sources.run(expandCommand(value(), tokens, `${place}: Match exec`));
        break;
      }
      default:
        return new SshConfigError(
          place,
          `Match ${criterion} can't be judged by fairlead`,
          "put the settings of this host into a Host block, before that one",
        );
    }
    if (holds === negated) return false;
  }
  return words.length > 0;
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
