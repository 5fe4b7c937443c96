/**
 * Names of images in docker's form (https://github.com/distribution/reference):
 * `[registry[:port]/]path[:tag][@digest]`. The default registry is `docker.io`, where a path of one
 * word gets `library/` in front.
 */
import { digestProblem } from "./digest.ts";
import { cut } from "../../base/cut.ts";

/** An image's name with all its parts. */
export interface Reference {
  /** `docker.io`, `127.0.0.1:5000`, `[::1]:5000`. */
  readonly domain: string;
  /** `library/alpine`. */
  readonly path: string;
  /** Empty for none. */
  readonly tag: string;
  /** `sha256:…`; empty for none. */
  readonly digest: string;
}

/**
 * A text that is no image's name. The message is the reason in docker's words, which lack the text.
 */
export class InvalidReference extends Error {
  override readonly name = "InvalidReference";
  readonly hint: string;

  constructor(problem: string, text: string) {
    super(problem);
    this.hint = `${JSON.stringify(text)} is not the name of an image: write ` +
      "[HOST[:PORT]/]NAME[:TAG][@DIGEST], in lower case, like alpine:3";
  }
}

const component = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
const host = `(?:${component}(?:\\.${component})*|\\[[a-fA-F0-9:]+\\])`;
const domain = `${host}(?::[0-9]+)?`;
const word = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const path = `${word}(?:/${word})*`;
const digest = "[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}";
const grammar = new RegExp(
  `^((?:${domain}/)?${path})(?::([A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?:@(${digest}))?$`,
);
const named = new RegExp(`^(?:(${domain})/)?(${path})$`);

/** Longest repository name, in characters, without the registry's. */
const LONGEST_NAME = 255;

/** Parses and completes a name, but adds no tag. Throws `InvalidReference`. */
export function parseReference(text: string): Reference {
  const fail = (problem: string): never => {
    throw new InvalidReference(problem, text);
  };
  if (/^[a-f0-9]{64}$/.test(text)) {
    fail(`invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`);
  }
  const [registry, rest] = splitDomain(text);
  const repository = rest.split(":", 1)[0]!;
  if (repository !== repository.toLowerCase()) {
    fail(`invalid reference format: repository name (${repository}) must be lowercase`);
  }
  const problem = referenceProblem(`${registry}/${rest}`);
  if (problem !== undefined) fail(problem);
  const [, name, tag = "", digest = ""] = grammar.exec(`${registry}/${rest}`)!;
  const [, domain = registry, path] = named.exec(name!)!;
  return { domain, path: path!, tag, digest };
}

/** Names the problem of a reference in docker's words; undefined for a good one. */
export function referenceProblem(text: string): string | undefined {
  const match = grammar.exec(text);
  if (!match) {
    if (text === "") return "repository name must have at least one component";
    if (grammar.test(text.toLowerCase())) return "repository name must be lowercase";
    return "invalid reference format";
  }
  const repository = named.exec(match[1]!)?.[2] ?? match[1]!;
  if (repository.length > LONGEST_NAME) {
    return `repository name must not be more than ${LONGEST_NAME} characters`;
  }
  return match[3] === undefined ? undefined : digestProblem(match[3]);
}

/**
 * Splits off the registry: a first word that is `localhost`, or has a dot, a port, or a capital.
 */
function splitDomain(text: string): [string, string] {
  const [first, rest] = cut(text, "/");
  if (rest === undefined) return ["docker.io", onHub(text)];
  if (first === "index.docker.io" || first === "docker.io") return ["docker.io", onHub(rest)];
  if (first === "localhost" || /[.:]/.test(first) || first !== first.toLowerCase()) {
    return [first, rest];
  }
  return ["docker.io", onHub(text)];
}

function onHub(path: string): string {
  return path.includes("/") ? path : `library/${path}`;
}

/** Prints the whole name so that it can be parsed again. */
export function referenceText(reference: Reference): string {
  const { tag, digest } = reference;
  return repositoryName(reference) + (tag && `:${tag}`) + (digest && `@${digest}`);
}

/** Prints a name without tag and digest: `docker.io/library/alpine`. */
export function repositoryName({ domain, path }: Pick<Reference, "domain" | "path">): string {
  return `${domain}/${path}`;
}

/** Adds the tag `latest` to a name without tag and digest. */
export function withDefaultTag(reference: Reference): Reference {
  return reference.tag || reference.digest ? reference : { ...reference, tag: "latest" };
}
