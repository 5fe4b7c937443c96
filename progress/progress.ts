import type { StatusResponse, VertexWarning } from "../proto/gen/control.ts";
import { paintLine, palette } from "../cli/colors.ts";
import { paint, readColors } from "./colors.ts";
import { ttyRenderer } from "./tty.ts";
import { answerHere, CANCELLING } from "../cli/cancelling.ts";
import {
  buildxHeading,
  failedBlocks,
  failedSteps,
  terminalHeading,
  warningsBlock,
} from "./end_blocks.ts";
import type { Asking } from "../transports/transport.ts";
import { oneByOne } from "../cli/prompt_queue.ts";
import { interruption } from "./interruption.ts";
import { type LocalVertexes, localVertexes } from "./local.ts";
import type { Mode } from "./mode.ts";
import { plainRenderer } from "./plain_renderer.ts";
import { rawJson } from "./rawjson.ts";
import type { Outcome, Output, Renderer } from "./renderer.ts";
import { newState, type State } from "./state.ts";
import { applyStatus } from "./apply_status.ts";
import { beginDownload, beginUpload, type Upload } from "./uploads.ts";

export interface ProgressOptions {
  /** The result of `chooseMode`. */
  readonly mode: Mode;
  /** Standard error, as a rule. */
  readonly out: Output;
  /** The terminal's size; asked before every frame, so that it may change. */
  readonly size: () => { columns: number; rows: number };
  readonly env: (name: string) => string | undefined;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** The first line of plain progress, of vertex #0; empty for none. */
  readonly title: string;
  /** The text at the right end of a terminal's first line; empty for none. */
  readonly label: string;
  /** Its abort is shown at once. */
  readonly signal?: AbortSignal;
  /** Explain warnings (--debug). */
  readonly expandWarnings?: boolean;
  /** Receives all progress in every mode. */
  readonly watcher?: Watcher;
}

/** Receives a build's progress besides the display, for example for `--timeline`. */
export interface Watcher {
  /**
   * @param at the time of arrival, in ms since 1970
   * @param local the message is about our own vertexes
   * @param node the node that sent it, if the build has several
   */
  update(message: StatusResponse, at: number, local: boolean, node?: string): void;
  /** Called once, after the display has ended. `finish` throws the watcher's error. */
  finish(outcome: Outcome): void;
}

/** A build's progress on the screen, from `startProgress` to `finish`. */
export interface Progress extends Disposable {
  /**
   * Takes a message of the daemon's Status stream.
   * @param watched the message as watchers get it, if a display gets other names
   */
  update(message: StatusResponse, watched?: StatusResponse): void;
  /** Adds vertexes of our own. */
  readonly local: LocalVertexes;
  /**
   * Notes that the upload of a folder begins; `mount` is its name in the build.
   * @returns to be called with the amount sent so far
   */
  upload(mount: string): (sent: Pick<Upload, "files" | "bytes"> & { total?: number }) => void;
  /**
   * Notes that the archive of an output begins to come here.
   * @returns to be called with the bytes received so far, and those of the image where they are
   * known
   */
  download(): (bytes: number, total: number | undefined) => void;
  /**
   * A reporter for one of several simultaneous builds; it keeps their uploads apart.
   * @param node the job's node, if the build has several
   */
  ofJob(node?: string): Reporter;
  /** Shows a line that belongs to no vertex: a file that vanished, a retry. */
  note(line: string): void;
  /** Asks at the terminal, one question at a time; meanwhile the display pauses. */
  readonly asking: Asking;
  /** The connection is lost: steps under way count as cancelled. */
  interrupt(): void;
  /**
   * Shows the last frame, the output of failed vertexes and the warnings, gives the terminal back
   * and leaves no timer. The error itself is the caller's to print. Later calls do nothing.
   * @param notes lines to show above the warnings
   */
  finish(outcome?: Outcome, notes?: readonly string[]): void;
  /** A display shows the time so far as a share of this one, in ms. */
  compareWith(lastTime: number): void;
  /** The warnings so far, each once. */
  warnings(): readonly VertexWarning[];
  readonly state: State;
  readonly mode: Mode;
  /** Without `finish` before: shows the pending output and restores the terminal. */
  [Symbol.dispose](): void;
}

/** The part of a progress that one target uses. */
export type Reporter = Pick<
  Progress,
  "update" | "local" | "upload" | "download" | "ofJob" | "note"
>;

/** A terminal shows few lines of a step while it runs, so more are kept for when it fails. */
const KEEP = {
  tty: { tail: { lines: 1000, size: 256 * 1024 }, recent: 16 * 1024 },
  other: { tail: { lines: 10, size: 64 * 1024 }, recent: 0 },
};

/** The facts that a display shows besides the state of the build. */
interface Facts {
  cancelling?: boolean;
  lastTime?: number;
}

export function startProgress(options: ProgressOptions): Progress {
  const { mode, out } = options;
  const now = options.now ?? Date.now;
  const state = newState(mode === "tty" ? KEEP.tty : KEEP.other);
  const facts: Facts = {};
  const colors = palette(out, options.env);
  const renderer = rendererOf(state, options, now, facts);
  const { signal } = options;
  const onAbort = () => {
    facts.cancelling = true;
    if (ended) return;
    if (mode !== "quiet") answerHere(signal?.reason);
    if (mode === "plain" && out.isTerminal) renderer.note(CANCELLING);
    renderer.repaint?.();
  };
  signal?.addEventListener("abort", onAbort, { once: true });
  const local = localVertexes((message) => take(message, true), now, mode === "tty");
  let ended = false;

  function take(message: StatusResponse, local: boolean, watched = message, node = ""): void {
    if (ended) return;
    const at = now();
    renderer.update(message, applyStatus(state, message, at, local));
    options.watcher?.update(watched, at, local, node);
  }

  function endText(notes: string): string {
    if (mode === "quiet" || mode === "rawjson") return notes;
    const expand = options.expandWarnings ?? false;
    if (mode === "plain") {
      return failedBlocks(state, out.isTerminal) + notes +
        warningsBlock(state.warnings, {
          expand,
          heading: out.isTerminal
            ? terminalHeading((heading) => heading)
            : buildxHeading(Boolean(options.env("NO_COLOR"))),
        });
    }
    const { colors } = readColors(options.env);
    const { columns } = options.size();
    const warnings = warningsBlock(state.warnings, {
      expand,
      heading: terminalHeading((heading) => paint(heading, colors.warning)),
    });
    return paintLine(notes, palette(out, options.env)) + warnings +
      failedSteps(state, { columns, colors });
  }

  /** @param steps the digests of the job's vertexes; without it all are its own */
  const reporter = (steps?: Set<string>, node?: string): Reporter => ({
    update(message, watched) {
      for (const { digest } of message.vertexes) steps?.add(digest);
      take(message, false, watched, node);
    },
    local,
    upload(mount) {
      const upload = beginUpload(state, mount, steps);
      return ({ files, bytes, total }) => {
        upload.files = files;
        upload.bytes = bytes;
        upload.total = total;
      };
    },
    download: () => beginDownload(state, steps, now),
    ofJob: (node) => reporter(new Set(), node),
    note(line) {
      if (ended) out.write(`${line}\n`);
      else renderer.note(mode === "tty" ? paintLine(line, colors) : line);
    },
  });

  return {
    ...reporter(),
    asking: oneByOne((on) => renderer.hold?.(on)),
    interrupt: () => take(interruption(state, now()), true),
    finish(outcome = {}, notes = []) {
      if (ended) return;
      ended = true;
      signal?.removeEventListener("abort", onAbort);
      renderer.finish(outcome);
      const text = endText(notes.map((line) => `${line}\n`).join(""));
      if (text) out.write(text);
      options.watcher?.finish(outcome);
    },
    compareWith: (lastTime) => void (facts.lastTime = lastTime),
    warnings: () => state.warnings,
    state,
    mode,
    [Symbol.dispose]() {
      signal?.removeEventListener("abort", onAbort);
      if (!ended) renderer.abandon();
      ended = true;
    },
  };
}

function rendererOf(
  state: State,
  options: ProgressOptions,
  now: () => number,
  facts: Facts,
): Renderer {
  const { mode, out, title, label, env } = options;
  switch (mode) {
    case "tty": {
      const { colors, problems } = readColors(env);
      const renderer = ttyRenderer(state, {
        out,
        now,
        size: options.size,
        colors,
        logRows: logRows(env),
        label,
        rate: displayRate(env),
        facts: () => facts,
      });
      for (const problem of problems) renderer.note(problem);
      return renderer;
    }
    case "plain":
      return plainRenderer(state, {
        out,
        now,
        title,
        truncate: env("PROGRESS_NO_TRUNC") === "0",
        rate: displayRate(env),
      });
    case "rawjson":
      return {
        update: (message) => out.write(rawJson(message)),
        // A stream of JSON has no place for a note.
        note: () => {},
        finish: () => {},
        abandon: () => {},
      };
    case "quiet":
      return {
        update: () => {},
        note: (line) => out.write(`${line}\n`),
        finish: () => {},
        abandon: () => {},
      };
  }
}

/** Milliseconds between frames; TTY_DISPLAY_RATE overrides, as in BuildKit. */
function displayRate(env: (name: string) => string | undefined): number {
  const text = env("TTY_DISPLAY_RATE") ?? "";
  return /^\d+$/.test(text) ? Number(text) : 100;
}

/**
 * Rows of a running step's output. BuildKit ignores the variable if NO_COLOR is set; fairlead
 * doesn't.
 */
function logRows(env: (name: string) => string | undefined): number {
  const text = env("BUILDKIT_TTY_LOG_LINES") ?? "";
  return /^[1-9]\d{0,3}$/.test(text) ? Number(text) : 6;
}
