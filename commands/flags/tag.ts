import { UsageError } from "../usage_error.ts";
import { quote } from "./quote.ts";

// The grammar of image references (https://github.com/distribution/reference), as far as a tag needs it.
const component = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
const host = `(?:${component}(?:\\.${component})*|\\[[a-fA-F0-9:]+\\])`;
const domain = `${host}(?::[0-9]+)?`;
const word = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const path = `${word}(?:/${word})*`;
const digest = "[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}";
const reference = new RegExp(
  `^((?:${domain}/)?${path})(?::([A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?:@(${digest}))?$`,
);
const named = new RegExp(`^(?:${domain}/)?(${path})$`);

/** Hex digits of the digests that are known. */
const digits: Record<string, number> = { sha256: 64, sha384: 96, sha512: 128 };

/** Longest repository name, in characters, without the registry's. */
const LONGEST_NAME = 255;

/**
 * Checks the value of a `--tag`: `[registry[:port]/]name[:tag][@digest]`. It is kept as it was typed,
 * the daemon normalises it. Throws `UsageError`, in buildx's words.
 */
export function checkTag(tag: string): string {
  const problem = referenceProblem(tag);
  if (problem !== undefined) throw new UsageError(`invalid tag ${quote(tag)}: ${problem}`);
  return tag;
}

/** What is wrong with a reference, in the words of its grammar; undefined for one that is right. */
export function referenceProblem(tag: string): string | undefined {
  const match = reference.exec(tag);
  if (!match) {
    if (tag === "") return "repository name must have at least one component";
    if (reference.test(tag.toLowerCase())) return "repository name must be lowercase";
    return "invalid reference format";
  }
  const repository = named.exec(match[1]!)?.[1] ?? match[1]!;
  if (repository.length > LONGEST_NAME) {
    return `repository name must not be more than ${LONGEST_NAME} characters`;
  }
  if (match[3] === undefined) return undefined;
  const [algorithm, hex] = match[3].split(":") as [string, string];
  const wanted = digits[algorithm];
  if (wanted === undefined) return "unsupported digest algorithm";
  if (hex.length !== wanted) return "invalid checksum digest length";
  return /[A-F]/.test(hex) ? "invalid checksum digest format" : undefined;
}
