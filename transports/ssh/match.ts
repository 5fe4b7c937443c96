import type { Search } from "./config.ts";
import { SshConfigError } from "./config_error.ts";
import { matchesPatterns } from "./patterns.ts";
import { expandCommand } from "./tokens.ts";

/**
 * Whether the criteria of a `Match` line hold: all of them, judged from the left, so that a command
 * runs only where those before it hold. `!` turns one round. For what can't be judged here it gives
 * the error that a setting in the block must end with: to pass it over could mean to log in elsewhere.
 */
export async function judgeMatch(
  words: readonly string[],
  search: Search,
  place: string,
): Promise<boolean | SshConfigError> {
  const { subject, sources, found, final, seen } = search;
  const left = [...words];
  const host = (found.get("hostname")?.[0] ?? subject.host).replaceAll("%h", subject.host);
  const user = subject.user ?? found.get("user")?.[0] ?? subject.localUser;
  while (left.length > 0) {
    const word = left.shift()!;
    const negated = word.startsWith("!");
    const [name, given] = splitAt(negated ? word.slice(1) : word, "=");
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
        // Names are not canonicalized here.
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
      case "exec": {
        const port = subject.port ?? (Number(found.get("port")?.[0]) || 22);
        const { home } = sources;
        const { localUser } = subject;
        const tokens = { home, host, typed: subject.host, port, user, localUser };
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

function splitAt(text: string, mark: string): [string, string | undefined] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
