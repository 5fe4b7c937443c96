/** The pages of `history open`: the list of builds, a page for each, and comparisons. */
import { blobStream } from "../../../buildkit/content.ts";
import type { Store } from "../../../builders/store/store.ts";
import { type Deps, withChanges } from "../../../cli/deps.ts";
import { messageOf } from "../../../cli/report.ts";
import { within } from "../../../base/async.ts";
import { progressOf } from "../../../progress/command_progress.ts";
import { milliseconds } from "../../../base/go/time.ts";
import { shown } from "../../../progress/timeline/page_text.ts";
import { compareRecorded } from "../diff/compare_files.ts";
import { diffBody } from "../diff/diff_page.ts";
import { inspection } from "../inspect/inspection.ts";
import { displayName } from "../records/display_name.ts";
import { readLocalState } from "../records/local_state.ts";
import { pageFacts } from "../records/page_facts.ts";
import type { RecordedBuild } from "../records/recorded_build.ts";
import { fullRef, type HistoryRecord } from "../records/records.ts";
import { buildPage } from "./build_page.ts";
import type { BuildsWatch } from "./builds_watch.ts";
import { addressOf, listPage } from "./list_page.ts";
import { type LiveBuild, liveBuild } from "./live_build.ts";
import { type Answer, pageResponse } from "./secret_server.ts";
import { outputTo } from "../../../cli/output_to.ts";
import { servedPage } from "./served_page.ts";
import type { Viewers } from "./viewers.ts";
import { maybe } from "../../../base/maybe.ts";

export interface OpenServer {
  readonly watch: BuildsWatch;
  readonly viewers: Viewers;
  readonly deps: Deps;
  readonly store: Store;
}

/** The number of builds whose steps are kept after they were looked at. */
const MOST_KEPT = 10;

/** Milliseconds between two updates of a page. */
const PAUSE = { list: 1000, build: 1000 };

/**
 * Milliseconds that a running build has for its first message, before its page is shown without
 * steps.
 */
const PATIENCE = 500;

/** Bytes of a log or an attachment that are sent. */
const LARGEST = 64 << 20;

/** Answers requests for the pages. */
export function openAnswers({ watch, viewers, deps, store }: OpenServer): Answer {
  const kept = new Map<string, { readonly build: LiveBuild; readonly parts: number }>();
  const context = { clock: deps.clock, signal: deps.signal, store };
  const nameOf = (found: HistoryRecord) =>
    displayName(found.record, readLocalState(store, found)) || found.record.Ref;

  /** The build with its steps; those that were looked at last are kept. */
  function followed(found: HistoryRecord): LiveBuild {
    const ref = fullRef(found);
    const parts = watch.partsOf(found);
    const known = kept.get(ref);
    // A node may begin its part of the build later than the others.
    const build = known?.parts === parts.length ? known.build : liveBuild(parts, context);
    kept.delete(ref);
    kept.set(ref, { build, parts: parts.length });
    // A build that can't be read is read anew at the next request.
    build.whole.catch(() => kept.get(ref)?.build === build && kept.delete(ref));
    const [oldest] = kept.keys();
    if (kept.size > MOST_KEPT) kept.delete(oldest!);
    return build;
  }

  /**
   * Calls the listener after each change of a build, also after a further node has begun its part.
   */
  function onChange(found: HistoryRecord, listener: () => void): () => void {
    let build = followed(found);
    let stop = build.onChange(listener);
    const stopWatching = watch.onChange(() => {
      const now = followed(found);
      if (now === build) return;
      stop();
      build = now;
      stop = now.onChange(listener);
      listener();
    });
    return () => {
      stopWatching();
      stop();
    };
  }

  async function page(found: HistoryRecord): Promise<Response> {
    const build = followed(found);
    // A build that has ended is read before the page is made; a running one isn't waited for.
    if (found.record.CompletedAt !== undefined) await build.whole;
    else await within(build.begun, PATIENCE);
    const whole = build.ended();
    const record = whole?.found ?? found;
    const facts = whole === undefined
      ? {
        title: nameOf(found),
        outcome: "running" as const,
        ...found.record.CreatedAt && { started: milliseconds(found.record.CreatedAt) },
        facts: [["ref", fullRef(found)] as const],
      }
      : pageFacts(whole);
    return pageResponse(
      buildPage({
        facts,
        timeline: whole?.timeline ?? build.recorder.timeline(deps.clock.now()),
        inputs: inspection(record, {
          state: readLocalState(store, record),
          cwd: deps.cwd,
          failure: undefined,
          materials: whole?.provenance?.materials ?? [],
          attachments: [],
        }),
        attachments: whole?.attachments ?? [],
        comparisons: whole === undefined ? [] : comparisonsOf(record),
      }),
      { isServed: true },
    );
  }

  /**
   * Links to comparisons with the builds before it: the last one of the same name, and the last
   * one.
   */
  function comparisonsOf(found: HistoryRecord): [string, string][] {
    const all = watch.builds();
    const at = all.findIndex((parts) => parts.some((one) => fullRef(one) === fullRef(found)));
    const earlier = all.slice(at + 1).map(([first]) => first!)
      .filter(({ record }) => record.CompletedAt !== undefined);
    const name = nameOf(found);
    const same = earlier.find((one) => nameOf(one) === name);
    const link = (other: HistoryRecord, text: string): [string, string] => {
      const query = new URLSearchParams([["build", fullRef(other)], ["build", fullRef(found)]]);
      return [`../../../../compare?${query}`, text];
    };
    return [
      ...same === undefined ? [] : [link(same, `compare with the last build of ${name}`)],
      ...earlier[0] === undefined || earlier[0] === same
        ? []
        : [link(earlier[0], "compare with the build before it")],
    ];
  }

  async function comparison(refs: readonly string[]): Promise<Response> {
    const found = refs.map((ref) => watch.find(ref)?.found);
    const [x, y] = found;
    if (found.length !== 2 || x === undefined || y === undefined) {
      return failurePage("Choose two builds in the list.", 400);
    }
    const builds = await Promise.all([x, y].map((one) => followed(one).whole));
    const time = ({ found: { record } }: RecordedBuild) =>
      record.CreatedAt === undefined ? 0 : milliseconds(record.CreatedAt);
    builds.sort((a, b) => time(a) - time(b));
    const [a, b] = builds as [RecordedBuild, RecordedBuild];
    const changes = await compareRecorded(a, b, deps.signal);
    return pageResponse(
      servedPage({
        title: "Two builds compared",
        home: "./",
        events: "alive",
        body: `<h1>Two builds compared</h1>\n${
          diffBody([a, b], changes, (build) => addressOf(build.found))
        }`,
      }),
      { isServed: true },
    );
  }

  async function attachment(found: HistoryRecord, digest: string): Promise<Response | undefined> {
    const { attachments } = await followed(found).whole;
    const known = attachments.find((one) => one.digest === digest);
    if (known === undefined) return undefined;
    const { signal } = deps;
    const stream = blobStream(found.at.client, digest, { signal, most: LARGEST });
    return textResponse(await new Response(stream).blob());
  }

  async function log(found: HistoryRecord): Promise<Response> {
    const parts = watch.partsOf(found)
      .sort((a, b) => a.at.node.name < b.at.node.name ? -1 : 1);
    if (parts.some(({ record }) => record.CompletedAt === undefined)) {
      return textResponse(
        "The build is still running: the whole log is here when the build has ended.\n",
      );
    }
    let [text, size] = ["", 0];
    const stderr = outputTo((more) => {
      size += more.length;
      if (size <= LARGEST) text += more;
    });
    for (const { at, record } of parts) {
      if (parts.length > 1) stderr.write(`${text === "" ? "" : "\n"}node ${at.node.name}:\n\n`);
      using progress = progressOf(withChanges(deps, { stderr }), { mode: "plain", debug: false });
      await at.client.status(record.Ref, (status) => progress.update(status), {
        signal: deps.signal,
      });
      progress.finish(record.error === undefined ? {} : { error: record.error });
    }
    if (size > LARGEST) text += "\nThe rest is not shown: it is too long.\n";
    return textResponse(text);
  }

  async function answer(path: string, url: URL): Promise<Response | undefined> {
    if (path === "") {
      const builds = watch.builds().map((parts) => ({ parts, name: nameOf(parts[0]!) }));
      const { problems, pending } = watch;
      const now = deps.clock.now();
      return pageResponse(listPage({ builds, problems: problems(), pending, now }), {
        isServed: true,
      });
    }
    if (path === "events") return viewers.stream(watch.onChange, PAUSE.list);
    if (path === "alive") return viewers.stream(() => () => {}, PAUSE.list);
    if (path === "compare") return await comparison(url.searchParams.getAll("build"));
    const [kind, ...parts] = path.split("/");
    if (kind !== "build" || parts.length < 4) return undefined;
    const found = watch.find(parts.slice(0, 3).map(decoded).join("/"))?.found;
    if (found === undefined) return undefined;
    const rest = parts.slice(3).join("/");
    if (rest === "") return await page(found);
    if (rest === "log") return await log(found);
    if (rest === "events") {
      return viewers.stream(
        followed(found).ended() === undefined
          ? (listener) => onChange(found, listener)
          : () => () => {},
        PAUSE.build,
      );
    }
    if (parts[3] === "attachment") return await attachment(found, decoded(parts[4] ?? ""));
    return undefined;
  }

  return async (path, request) => {
    try {
      return await answer(path, new URL(request.url));
    } catch (error) {
      if (deps.signal.aborted) return undefined;
      return failurePage(messageOf(error), 502);
    }
  };
}

/** A part of a path; a text that can't be decoded names nothing. */
function decoded(part: string): string {
  return maybe(() => decodeURIComponent(part)) ?? "";
}

/** The text of a daemon, which a browser must take for nothing else. */
function textResponse(body: string | Blob): Response {
  return new Response(body, {
    headers: {
      "content-type": "text/plain; charset=utf-8",
      "content-security-policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    },
  });
}

function failurePage(reason: string, status: number): Response {
  const page = pageResponse(
    servedPage({
      title: "No page",
      home: "./",
      events: "alive",
      body: `<h1>This page can't be shown</h1><p class="error">${shown(reason)}</p>`,
    }),
    { isServed: true },
  );
  return new Response(page.body, { status, headers: page.headers });
}
