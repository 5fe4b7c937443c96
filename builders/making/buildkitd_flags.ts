/**
 * The flags of the daemons that a driver makes: `--buildkitd-flags`, and the entitlements besides.
 */
import { BuilderError } from "../builder_error.ts";

const FLAG = "--allow-insecure-entitlement";
const HOST = "network.host";

/**
 * Returns the flags for a new node, by buildx's rule. A container has its own network, so builds
 * may use that network (`network.host`), unless the user has named other entitlements. Returns
 * undefined when neither the user nor the rule names a flag.
 *
 * @param flags `--buildkitd-flags`, split as by a shell; undefined if it isn't given
 * @param network the driver option
 * @param configured the entitlements in the daemon's configuration
 */
export function buildkitdFlags(
  flags: readonly string[] | undefined,
  network: string | undefined,
  configured: readonly string[],
): readonly string[] | undefined {
  const entitlements = entitlementsIn(flags ?? []);
  const isHost = network === "host" && !entitlements.includes(HOST);
  if (isHost || entitlements.length === 0 && !configured.includes(HOST)) {
    return [...flags ?? [], `${FLAG}=${HOST}`];
  }
  return flags;
}

/** The entitlements of a command line; reading ends at the first flag that is another. */
function entitlementsIn(flags: readonly string[]): string[] {
  const found: string[] = [];
  for (let i = 0; i < flags.length && flags[i] !== "--"; i++) {
    const flag = flags[i]!;
    if (flag.startsWith(`${FLAG}=`)) found.push(flag.slice(FLAG.length + 1));
    else if (flag === FLAG && i + 1 < flags.length) found.push(flags[++i]!);
    else if (flag.startsWith("-") && flag !== "-") break;
  }
  return found;
}

/**
 * Splits a text into words as google/shlex does: quotes of both kinds, backslashes, and comments
 * behind `#` at a word's start. Throws `BuilderError` for a quote without its end.
 */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    if (quote === "" && /[ \t\r\n]/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (quote === "" && char === "#" && word === undefined) {
      while (i + 1 < text.length && text[i + 1] !== "\n") i++;
    } else if (quote === "" && (char === '"' || char === "'")) {
      quote = char;
      word ??= "";
    } else if (char === quote) quote = "";
    else if (char === "\\" && quote !== "'") {
      if (++i === text.length) throw unfinished("EOF found after escape character");
      word = (word ?? "") + text[i];
    } else word = (word ?? "") + char;
  }
  if (quote !== "") throw unfinished("EOF found when expecting closing quote");
  if (word !== undefined) words.push(word);
  return words;
}

function unfinished(problem: string): BuilderError {
  return new BuilderError(`failed to parse buildkit flags: ${problem}`, {
    hint: "check the quotes and backslashes in --buildkitd-flags",
  });
}
