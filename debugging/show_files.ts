/** `build --files`, `--cat` and `--copy`: files of any step, without an export. */
import { fileModeText, isFolder, isLink } from "../base/go/file_mode.ts";
import { UsageError } from "../base/usage_error.ts";
import type { Files } from "../buildkit/files.ts";
import type { Inspect } from "../builds/running/inspect.ts";
import { chooseStep, stepAndPath } from "./choose_step.ts";
import { copyOut } from "./copy_out.ts";
import { eachPart } from "./file_parts.ts";
import { NOTHING, platformResults } from "./results.ts";
import { filesOfStep } from "./step_files.ts";

/** A question about the files of a step. */
export type FileQuestion =
  | { readonly kind: "list" | "print"; readonly step: string; readonly path: string }
  | { readonly kind: "copy"; readonly step: string; readonly path: string; readonly dest: string };

/** The flags of `build` that ask about files. */
export interface FileFlags {
  readonly files: string;
  readonly cat: string;
  readonly copy: string;
}

/**
 * The question that the flags put; undefined for none.
 * @param dest the destination of `--copy`, which is a separate argument
 */
export function fileQuestion(
  flags: FileFlags,
  given: ReadonlySet<string>,
  dest: string | undefined,
): FileQuestion | undefined {
  const asked = (["files", "cat", "copy"] as const).filter((name) => given.has(name));
  if (asked.length > 1) {
    throw new UsageError(`--${asked[0]} and --${asked[1]} can't be used together`);
  }
  switch (asked[0]) {
    case "files": {
      const [step = "", path = "/"] = flags.files.includes(":")
        ? Object.values(stepAndPath("files", flags.files))
        : [flags.files];
      return { kind: "list", step, path };
    }
    case "cat":
      return { kind: "print", ...stepAndPath("cat", flags.cat) };
    case "copy":
      if (dest === undefined || dest === "") {
        throw new UsageError(
          "--copy needs a destination before the context",
          "for example: build --copy build:/app/out ./out .",
        );
      }
      return { kind: "copy", ...stepAndPath("copy", flags.copy), dest };
  }
  return undefined;
}

/**
 * Answers the question within the build, which then ends without an export.
 * @param answer called with the text for the user, after the display has ended
 */
export function answering(
  question: FileQuestion,
  { write, note }: {
    readonly write: (bytes: Uint8Array) => Promise<void>;
    readonly note: (line: string) => void;
  },
): Inspect {
  return async ({ gateway, result, signal }) => {
    const chosen = chooseStep(question.step, await platformResults(result));
    await using opened = await filesOfStep(gateway, chosen, note);
    const { files, failed } = opened;
    const encoder = new TextEncoder();
    switch (question.kind) {
      case "list":
        await write(encoder.encode(await listing(files, question.path)));
        break;
      case "print":
        await eachPart(files, question.path, failed, write);
        break;
      case "copy":
        await copyOut(files, question.path, question.dest, { whole: failed, signal });
    }
    return NOTHING;
  };
}

/** A line for each entry of a folder, or for the file itself. */
async function listing(files: Files, path: string): Promise<string> {
  const stat = await files.stat(path);
  const entries = isFolder(stat.mode) ? await files.readDir(path) : [stat];
  entries.sort((a, b) => a.path < b.path ? -1 : 1);
  const rows = entries.map((entry) => [
    fileModeText(entry.mode),
    `${entry.uid}:${entry.gid}`,
    String(entry.size),
    timeText(entry.modTime),
    isLink(entry.mode) ? `${shown(entry.path)} -> ${shown(entry.linkname)}` : shown(entry.path),
  ]);
  const widths = [0, 1, 2].map((i) => Math.max(0, ...rows.map((row) => row[i]!.length)));
  return rows.map(([mode = "", owner = "", size = "", time = "", name = ""]) =>
    `${mode.padStart(widths[0]!)}  ${owner.padEnd(widths[1]!)}  ${size.padStart(widths[2]!)}  ` +
    `${time}  ${name}\n`
  ).join("");
}

/** A name; in JSON's quotes where a line end or another control character would mislead. */
function shown(name: string): string {
  return /\p{Cc}/u.test(name) ? JSON.stringify(name) : name;
}

/** UTC, to the second. A daemon may send any number. */
function timeText(nanoseconds: bigint): string {
  const date = new Date(Number(nanoseconds / 1_000_000n));
  return Number.isNaN(date.getTime())
    ? "?".padEnd(19)
    : date.toISOString().slice(0, 19).replace("T", " ");
}
