/** `build --timeline` and `history timeline`, on a real daemon and in a real browser. */
import assert from "node:assert/strict";
import { askBrowser } from "../harness/chromium.ts";
import { gates } from "../harness/gates.ts";
import { runFairlead } from "../harness/inside.ts";
import { eventually } from "../harness/manual_clock.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";
import { startFairlead } from "../harness/fairlead.ts";
import { operate, tools } from "./daemon.ts";
import { fails, succeeds } from "../harness/ended.ts";

const ignore = skip(needsRoot() ?? await missing(...tools, "chromium"));

/** The reader's view of a frame's page, collected in the browser. */
interface Seen {
  /** The page is wider than its window. */
  readonly overflows: boolean;
  readonly background: number;
  readonly steps: {
    readonly name: string;
    /** The left edge of the step's first bar, as a part of the track. */
    readonly left: number;
    readonly width: number;
    /** The name stands above the track, not next to it. */
    readonly stacked: boolean;
  }[];
  /** Whether a step's log can be seen. */
  readonly logBefore: boolean;
  readonly logAfter: boolean;
  readonly logText: string;
  /** Steps that are left when only the critical path is asked for. */
  readonly critical: number;
  /** The names of the steps after a search for "run", and in the order of their durations. */
  readonly searched: string[];
  readonly longest: string;
  readonly slowest: string;
  readonly groups: string[];
  /** The width of the longest step's bar after a zoom by two, divided by its width before. */
  readonly zoomed: number;
  /** The line of the Dockerfile of the step that was searched for. */
  readonly line: string;
  readonly time: string;
}

const look = `(window) => {
  const { document } = window;
  const steps = [...document.querySelectorAll("details.step")];
  const byId = (id) => document.getElementById(id);
  const choose = (id, value) => {
    byId(id).value = value;
    byId(id).dispatchEvent(new window.Event("input", { bubbles: true }));
  };
  const visible = () => [...document.querySelectorAll("details.step:not([hidden])")];
  const nameOf = (step) => step.querySelector(".name").title;
  const color = window.getComputedStyle(document.body).backgroundColor;
  const box = (node) => node.getBoundingClientRect();
  const overflows = document.documentElement.scrollWidth > window.innerWidth;
  const seen = steps.map((step) => {
    const [name, track] = [box(step.querySelector(".name")), box(step.querySelector(".track"))];
    const bar = box(step.querySelector(".bar"));
    return {
      name: step.querySelector(".name").title,
      left: (bar.left - track.left) / track.width,
      width: bar.width / track.width,
      stacked: name.bottom <= track.top + 1,
    };
  });
  const run = steps.find((step) => step.textContent.includes("made <it>"));
  const logBefore = run.querySelector("pre").checkVisibility();
  run.querySelector("summary").click();
  const logAfter = run.querySelector("pre").checkVisibility();
  choose("search", "RUN made");
  const searched = visible().map(nameOf);
  const line = visible()[0].querySelector(".line").textContent;
  choose("search", "");
  choose("sort", "ms");
  const longest = nameOf(visible()[0]);
  choose("sort", "at");
  choose("group", "stage");
  const groups = [...document.querySelectorAll("h2.group")].map((group) => group.textContent);
  choose("group", "");
  const width = () => box(run.querySelector(".bar")).width;
  const whole = width();
  byId("zoom-in").click();
  choose("from", "0");
  const zoomed = width() / whole;
  byId("zoom-all").click();
  document.getElementById("only").click();
  return {
    searched,
    longest,
    slowest: document.querySelector(".slowest a").title,
    groups,
    zoomed,
    line,
    time: document.querySelector("time").title,
    overflows,
    background: Number(/\\d+/.exec(color)[0]),
    steps: seen,
    logBefore,
    logAfter,
    logText: run.querySelector("pre").textContent,
    critical: steps.filter((step) => box(step).height > 0).length,
  };
}`;

Deno.test({ name: "a build's timeline shows its steps, logs and errors", ignore }, async (t) => {
  await using daemon = await operate();
  const { space } = daemon;
  let page = "";

  await t.step("build --timeline writes one page", async () => {
    await succeeds(space.fairlead([
      ...["build", "--timeline", "t.html", "--target", "fine", "-o", "type=oci,dest=o.tar", "ctx"],
    ]));
    page = Deno.readTextFileSync(space.path("t.html"));
  });

  const frames = async (colorScheme: "light" | "dark") =>
    await askBrowser<Seen>(page, [1200, 400], look, { colorScheme });

  await t.step("in a browser: wide and narrow, steps in time, logs on click", async () => {
    const [wide, narrow] = await frames("light");
    for (const seen of [wide!, narrow!]) {
      assert.equal(seen.overflows, false);
      assert.ok(seen.background > 200, "a light page");
      assert.ok(seen.steps.some(({ name }) => name.includes("load build context")));
      const lefts = seen.steps.map(({ left }) => left);
      assert.deepEqual(lefts, lefts.toSorted((a, b) => a - b), "in the order of their starts");
      assert.ok(seen.steps.every(({ left, width }) => left >= 0 && left + width <= 1.05));
      assert.equal(seen.logBefore, false);
      assert.equal(seen.logAfter, true, "its log is shown by a click");
      assert.match(seen.logText, /made/);
      assert.ok(seen.critical > 0 && seen.critical <= seen.steps.length);
      assert.match(seen.searched.join("\n"), /^\[fine 1\/1\] RUN .*made.*$/);
      assert.equal(seen.line, "4");
      assert.equal(seen.longest, seen.slowest);
      assert.ok(seen.groups.some((group) => group.startsWith("fine · 1 step")), `${seen.groups}`);
      assert.ok(Math.abs(seen.zoomed - 2) < 0.1, `${seen.zoomed}`);
      assert.match(seen.time, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/);
    }
    assert.ok(wide!.steps.every(({ stacked }) => !stacked));
    assert.ok(narrow!.steps.every(({ stacked }) => stacked));
  });

  await t.step("the page is dark where the reader's system is dark", async () => {
    const [wide] = await frames("dark");
    assert.ok(wide!.background < 60, "a dark page");
  });

  await t.step("history timeline draws the same steps", async () => {
    const names = (html: string) =>
      [...html.matchAll(/class="name" title="([^"]+)"/g)].map((found) => found[1]!).sort();
    const { stdout } = await succeeds(space.fairlead(["history", "timeline"]));
    assert.deepEqual(names(stdout), names(page));
  });

  await t.step("the trace of a build has the client's spans, too", async () => {
    const { stdout } = await space.fairlead(["history", "trace"]);
    const [trace] = JSON.parse(stdout).data;
    type Span = { operationName: string; spanID: string; processID: string };
    type Referring = Span & { references: { refType: string; spanID: string }[] };
    const spans: Referring[] = trace.spans;
    const ours = spans.filter(({ processID }) =>
      trace.processes[processID].serviceName === "fairlead"
    );
    const solve = "moby.buildkit.v1.Control/Solve";
    assert.deepEqual(ours.map(({ operationName }) => operationName).sort(), ["build", solve]);
    const parentOf = ({ references }: Referring) =>
      spans.find(({ spanID }) => references.some((one) => one.spanID === spanID));
    const theirs = spans.find((span) => span.operationName === solve && !ours.includes(span))!;
    assert.equal(parentOf(theirs), ours.find(({ operationName }) => operationName === solve));
  });

  await t.step("history trace shows its spans in the browser until it is interrupted", async () => {
    const env = { ...space.env, PATH: "/nonexistent" };
    const trace = startFairlead(["history", "trace", "--addr", "127.0.0.1:0"], { env });
    await trace.until(/\n/);
    const url = /available at (http:\/\/127\.0\.0\.1:\d+\/[0-9a-f]{32}\/),/.exec(trace.said())?.[1];
    const answer = await fetch(url!);
    assert.equal(answer.headers.get("content-type"), "text/html; charset=utf-8");
    assert.match(await answer.text(), /moby\.buildkit\.v1\.Control\/Solve/);
    trace.child.kill("SIGINT");
    assert.equal((await trace.ended).code, 0);
    const taken = await space.fairlead(["history", "trace", "--addr", "nowhere"]);
    assert.match(taken.stderr, /hint: write it as[^]*cannot take the address "nowhere"/);
  });

  await t.step("a failed build has a page, too, with its error", async () => {
    const args = ["build", "--timeline", "t.html", "--target", "bad", "ctx"];
    await fails(space.fairlead(args));
    const failed = Deno.readTextFileSync(space.path("t.html"));
    assert.match(failed, /<b class="failed">failed<\/b>/);
    assert.match(failed, /<p class="error">.*exit code: 3/);
    const excerpt = /<pre class="excerpt">Dockerfile:6\n[^<]*&gt;&gt;&gt; RUN .*exit 3/;
    assert.match(failed, excerpt);
    const { stdout } = await space.fairlead(["history", "timeline", "^0"]);
    assert.match(stdout, /<b class="failed">failed<\/b>/);
    assert.match(stdout, excerpt);
    assert.match(
      stdout,
      /<span class="line" title="Dockerfile:6">6<\/span><span class="badge failed">failed<\/span>\[bad 1\/1\] RUN/,
    );
  });

  await t.step("a build that still runs is awaited, and its end is shown", async () => {
    await using gate = gates("held");
    const doomed = daemon.buildHeld(gate, "--build-arg", "CODE=3");
    await eventually(() => gate.ran.length > 0);
    const { stdout, stderr } = await succeeds(runFairlead({
      ...{ args: ["history", "timeline"], host: "", home: space.dir, env: space.env },
      onStderr: () => gate.open("held"),
    }));
    assert.equal(await doomed, false);
    assert.match(stderr, /^build \w{25} is still running: its page is written when it ends$/m);
    assert.match(stdout, /<b class="failed">failed<\/b>[^]*<p class="error">.*exit code: 3/);
  });

  await t.step("a page that can't be written is reported before anything is built", async () => {
    for (const [file, said] of [["no/t.html", /there is no folder/], ["ctx", /it is a folder/]]) {
      const { stderr } = await fails(space.fairlead(["build", "--timeline", `${file}`, "ctx"]));
      assert.match(stderr, said as RegExp);
      assert.doesNotMatch(stderr, /load build definition/);
    }
  });
});
