/**
 * The remedies for mistakes in a Dockerfile, by the words of BuildKit's Dockerfile frontend v1.26.
 */
import type { RpcError } from "../../buildkit/grpc/status.ts";
import { sourcesOf } from "../../progress/source_excerpt.ts";
import { type Blamed, instructionAt, stagesOf } from "./dockerfile_text.ts";

/** The lines that an error blames; undefined where it blames none. */
export function blamedBy({ details }: RpcError): Blamed | undefined {
  const [source] = sourcesOf(details);
  const lines = source?.ranges.map(({ start, end }) => [start?.line ?? 0, end?.line ?? 0]).flat();
  if (source === undefined || lines === undefined || lines.length === 0) return undefined;
  const text = new TextDecoder().decode(source.data);
  return { text, first: Math.min(...lines), last: Math.max(...lines) };
}

type Rule = (match: RegExpExecArray, blamed: Blamed | undefined) => string | undefined;

/** Programs end with these codes for a reason that is always the same. */
const EXIT_CODES: Readonly<Record<string, string>> = {
  126: "exit code 126: the file is not executable (chmod +x), or its interpreter is missing",
  127: "exit code 127: the shell did not find a command: install it in an earlier step, or check " +
    "its name",
  137: "exit code 137: the program was killed, usually because memory ran out: run less at once, " +
    "or raise the builder's memory",
};

export const DOCKERFILE_RULES: readonly (readonly [RegExp, Rule])[] = [
  [/unterminated heredoc/, (_, blamed) => {
    const word = blamed && /<<[-~]?["']?(\w+)/.exec(instructionAt(blamed))?.[1];
    return word && `end the heredoc with a line that contains only ${word}`;
  }],
  [
    /unknown instruction: \S+$/,
    () =>
      "check its spelling; a line that continues the line above needs a backslash at the end of that " +
      "line",
  ],
  [
    /unknown flag: \S+$/,
    () =>
      "check its spelling; if the builder is older than the flag, begin the Dockerfile with the line " +
      "# syntax=docker/dockerfile:1",
  ],
  [
    /no build stage in current context/,
    () => "begin the Dockerfile with FROM IMAGE: only ARG may come before it",
  ],
  [/file with no instructions/, () => "the Dockerfile is empty: begin it with FROM IMAGE"],
  [
    /base name \((\$\{?(\w+).*)\) should not be blank/,
    ([, , name]) => `add ARG ${name}=IMAGE above the first FROM, or pass --build-arg ${name}=IMAGE`,
  ],
  [/did not complete successfully: exit code: (\d+)$/, ([, code]) => EXIT_CODES[code!]],
  [
    /exec format error/,
    () =>
      "the program is for another platform than the builder's machine: install QEMU there, or use a " +
      "builder of that platform",
  ],
  [/failed to resolve source metadata for (\S+): \S+: not found$/, missingImage],
  [
    /no match for platform in manifest/,
    () =>
      "the image does not exist for this platform: 'fairlead imagetools inspect IMAGE' lists its " +
      "platforms",
  ],
];

/** The frontend takes a name that no stage has for an image's. */
function missingImage([, image]: RegExpExecArray, blamed: Blamed | undefined): string {
  const instruction = blamed ? instructionAt(blamed) : "";
  const line = blamed?.text.split("\n")[blamed.first - 1] ?? "";
  if (/^#\s*syntax\s*=/i.test(line)) {
    return "check the line # syntax=: docker/dockerfile:1 is the usual frontend";
  }
  const used = /\bfrom=([^\s,]+)/i.exec(instruction)?.[1] ??
    /^FROM\s+(?:--\S+\s+)*(\S+)/i.exec(instruction)?.[1];
  const stages = blamed ? stagesOf(blamed.text) : [];
  if (used !== undefined && /^[\w-]+$/.test(used)) {
    const known = stages.length === 0 ? "" : `; the stages are ${stages.join(", ")}`;
    return `no stage above is named ${used}, so it is taken as the image ${image}${known}`;
  }
  return `check the name and the tag of ${image}`;
}
