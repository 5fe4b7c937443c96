/** Results of a run: the metadata file, answers to calls, and the frontends' messages. */
import { byKey } from "../../base/by_key.ts";
import { isObject } from "../../base/json.ts";
import type { VertexWarning } from "../../proto/gen/control.ts";
import type { Target } from "../../bake/target.ts";
import type { PreparedBuild } from "../../builds/prepare.ts";
import { type Answers, metadataOf } from "../../builds/results/result.ts";
import { showAnswer } from "../../builds/results/call.ts";
import type { CallMethod } from "../../builds/spec/call.ts";
import { goJson } from "../../base/go/json.ts";

type Write = (text: string) => void;

/** One target that was built or asked about. */
export interface Done {
  readonly name: string;
  readonly target: Target;
  readonly build: PreparedBuild;
  readonly answers: Answers;
}

/**
 * The text of `--metadata-file`: the answers of each target, and warnings if they are requested.
 */
export function runMetadata(all: readonly Done[], warnings: readonly VertexWarning[]): string {
  return goJson(
    new Map([
      ...Object.entries(metadataOf({}, warnings)),
      ...all.map(({ name, answers }) => [name, metadataOf(answers, [])] as const),
    ]),
    2,
  );
}

/** Prints each answer under its target's name. Resolves to the exit code. */
export function showAnswers(all: readonly Done[], write: Write): number {
  let code = 0;
  for (const [at, { name, target, build, answers }] of asked(all).entries()) {
    write(`${at > 0 ? "\n" : ""}${name}\n${target.description ? `${target.description}\n` : ""}\n`);
    try {
      const status = showAnswer(answers, build.call!, build.inputs.dockerfile, write);
      code ||= status;
    } catch (error) {
      write(`error: ${(error as Error).message}\n`);
      code = 1;
    }
  }
  return code;
}

/** The answers as JSON, by target, and the exit code. */
export function answersOf(
  all: readonly Done[],
): { readonly answers: ReadonlyMap<string, Record<string, unknown>>; readonly code: number } {
  const found = new Map<string, Record<string, unknown>>();
  let code = 0;
  for (const { name, build, answers } of asked(all)) {
    let text = "";
    const answer: Record<string, unknown> = {};
    try {
      const { dockerfile } = build.inputs;
      const status = showAnswer(answers, build.call!, dockerfile, (part) => void (text += part));
      code ||= status;
    } catch (error) {
      answer["error"] = (error as Error).message;
      code = 1;
    }
    Object.assign(answer, parsed(text, build.call!));
    found.set(name, Object.fromEntries(Object.entries(answer).sort(byKey)));
  }
  return { answers: found, code };
}

function parsed(text: string, { name }: CallMethod): Record<string, unknown> {
  try {
    const value = JSON.parse(text);
    if (isObject(value)) return value;
    return { [name]: value };
  } catch {
    return {};
  }
}

function asked(all: readonly Done[]): Done[] {
  return all.filter(({ build }) => build.call).sort((a, b) => a.name < b.name ? -1 : 1);
}

/** Prints the messages that frontends attached to their results. */
export function showMessages(all: readonly Done[], write: Write): void {
  for (const { name, answers } of [...all].sort((a, b) => a.name < b.name ? -1 : 1)) {
    const message = answers["frontend.result.inlinemessage"];
    if (message !== undefined) write(`\n# ${name}\n${message}\n`);
  }
}
