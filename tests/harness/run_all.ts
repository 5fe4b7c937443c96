/**
 * Runs all checks and tests in turn and adds them up. `scripts/test` starts it; see there.
 *
 * A check (format, lint, types, the repository's rules) counts as one test. This file must not be
 * named `test.ts`: `deno test` would take it for a test, and it would start itself without end.
 */
import { makeTools, missing } from "./tool.ts";
import { sharedVariable, startShared } from "./shared.ts";
import { needsRoot } from "./skip.ts";
import { type Result, runCheck, runTestsTwice } from "./suite.ts";

const cwd = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");
const paths = Deno.args.map((path) => path.startsWith("/") ? path : `${Deno.cwd()}/${path}`);
/** The files of this run: the reasons of skipped tests, and what several test files share. */
const folder = await Deno.makeTempDir({ prefix: "fl-run-" });
const skips = `${folder}/skips`;
await Deno.writeTextFile(skips, "");
const interrupt = new AbortController();
const { signal } = interrupt;
for (const name of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(name, () => interrupt.abort());
}

/** The files that take longest. They start first, so that they don't run alone at the end. */
const longest = ["tests/transports/kube_pod_test.ts", "tests/session/load_cases_test.ts"];

const results: Result[] = [];
try {
  if (paths.length === 0) await runQuick();
  if (!signal.aborted) await runEndToEnd();
} catch (error) {
  say(error instanceof Error ? `${error.stack}` : `${error}`);
  results.push({ name: "the test runner", passed: 0, failed: 1, skipped: 0 });
}
await report();

/** Runs the checks and tests that need no daemon. */
async function runQuick() {
  const options = { cwd, signal, minutes: 10 };
  const checks: [string, string[]][] = [
    ["format", ["fmt", "--check"]],
    ["lint", ["lint"]],
    ["types", ["check", "--quiet", "."]],
    ["the repository's rules", ["run", "-A", "scripts/check.ts"]],
  ];
  for (const [name, args] of checks) {
    if (!signal.aborted) results.push(await runCheck(name, args, options));
  }
  const env = { FAIRLEAD_TEST_SKIPS: skips };
  if (signal.aborted) return;
  results.push(await runTestsTwice("unit tests", ["--ignore=tests", "."], { ...options, env }));
}

/** Runs the tests in `tests/`, or those that the command line names. */
async function runEndToEnd() {
  await makeTools();
  const cannot = needsRoot() ??
    await missing("buildkitd", "buildctl", "runc", "docker-registry", "busybox");
  // Without the shared daemon, each test reports why it skips.
  const shared = cannot === undefined ? await startShared() : undefined;
  try {
    const env = {
      FAIRLEAD_TEST_SKIPS: skips,
      FAIRLEAD_TEST_RUN: folder,
      ...(shared === undefined ? {} : sharedVariable(shared)),
    };
    const args = paths.length > 0 ? paths : [...longest, "tests"];
    const options = { cwd, signal, minutes: 45, env };
    if (!signal.aborted) results.push(await runTestsTwice("end-to-end tests", args, options));
  } finally {
    await shared?.stop();
  }
}

/** Ends the program. */
async function report() {
  const reasons = new Map<string, number>();
  for (const reason of (await Deno.readTextFile(skips)).split("\n").filter(Boolean)) {
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  await Deno.remove(folder, { recursive: true });
  // The errors come last, for readers who see only the end of the output.
  for (const { name, errors } of results) {
    if (errors !== undefined) say(`\n== ${name}: the first run's errors\n${errors}`);
  }
  say("");
  for (const { name, passed, failed, skipped } of results) {
    const counts = `${passed} passed, ${failed} failed, ${skipped} skipped`;
    say(`${failed > 0 ? "FAILED" : "ok"}: ${name} (${counts})`);
  }
  for (const file of results.flatMap(({ unsteady }) => unsteady ?? [])) {
    say(`unsteady: ${file} failed beside the others and passed alone`);
  }
  for (const [reason, times] of reasons) say(`skipped (${times}x): ${reason}`);
  if (signal.aborted) say("interrupted");
  const sum = (what: "passed" | "failed" | "skipped") =>
    results.reduce((total, result) => total + result[what], 0);
  // CI reads this line, and it must be the last.
  say(`${sum("passed")} passed, ${sum("failed")} failed, ${sum("skipped")} skipped`);
  Deno.exit(sum("failed") > 0 || signal.aborted ? 1 : 0);
}

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}
