/** Runs Deno's commands for `run_all.ts`, shows their output as it comes, and counts. */

export interface Result {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Files with tests that failed next to all others, and passed when they ran again alone. */
  readonly unsteady?: readonly string[];
  /** What `deno test` printed about its failures. */
  readonly errors?: string;
}

export interface SuiteOptions {
  cwd: string;
  env?: Record<string, string>;
  /** Ends the suite as a failure after so many minutes: a hang must not eat CI's whole time. */
  minutes: number;
  /** Ends it at once. */
  signal: AbortSignal;
  /** Called with the output; default: it goes to stdout. */
  show?: (text: string) => void;
}

/** A command that passes or fails as a whole. */
export async function runCheck(
  name: string,
  args: readonly string[],
  options: SuiteOptions,
): Promise<Result> {
  const { success } = await runDeno(name, args, options);
  return { name, passed: success ? 1 : 0, failed: success ? 0 : 1, skipped: 0 };
}

/** `deno test` with these arguments. */
export async function runTests(
  name: string,
  args: readonly string[],
  options: SuiteOptions,
): Promise<Result> {
  // Files side by side, one more than cores: tests often wait for a daemon. Types have a check of
  // their own; here one wrong file would keep all others from running.
  // The tests of policies run WebAssembly, which V8 need not optimize.
  const command = ["test", "-A", "--no-check", "--parallel", "--v8-flags=--liftoff-only", ...args];
  const env = { DENO_JOBS: `${navigator.hardwareConcurrency + 1}`, ...options.env };
  const { success, output } = await runDeno(name, command, { ...options, env });
  const counts = summary(output);
  if (success) return { name, ...counts };
  // A type error, an exception outside a test, a crash or the time limit: no test says so.
  return { name, ...counts, failed: counts.failed || 1, errors: errorsIn(output) };
}

/** More failing files than this can't be chance. */
const FEW = 4;

/**
 * Calls `runTests`, and runs failing test files once more, alone. With real daemons on a busy
 * machine, one test of a thousand fails without its own fault. A file that then passes counts as
 * passed and is named as unsteady, which is a defect to fix.
 */
export async function runTestsTwice(
  name: string,
  args: readonly string[],
  options: SuiteOptions,
): Promise<Result> {
  const first = await runTests(name, args, options);
  const files = failedFiles(first.errors ?? "");
  if (first.failed === 0 || files.length === 0 || files.length > FEW || options.signal.aborted) {
    return first;
  }
  // A test that another file registers is listed by that file, which has no tests when it runs
  // alone.
  if (files.some((file) => !file.endsWith("_test.ts"))) return first;
  const again = await runTests(`${name}, again`, files, options);
  return again.failed > 0
    ? { ...first, failed: again.failed }
    : { ...first, passed: first.passed + first.failed, failed: 0, unsteady: files };
}

/** Returns the end of the output, from its errors on, in a length that people still read. */
function errorsIn(output: string): string {
  const errors = output.slice(Math.max(0, output.lastIndexOf("\n ERRORS \n")));
  return errors.length <= 40_000 ? errors : `…${errors.slice(-40_000)}`;
}

/** The files that the list of failures names, which `deno test` prints at its end. */
export function failedFiles(output: string): string[] {
  const list = output.slice(output.lastIndexOf("\n FAILURES \n"));
  const lines = list.matchAll(/^(?:.* => )?(\S+\.ts)(?::\d+:\d+| \(uncaught error\))$/gm);
  return [...new Set(Array.from(lines, ([, file]) => file!))];
}

/** Returns the numbers of the last summary line of `deno test`; zeros without one. */
export function summary(output: string): { passed: number; failed: number; skipped: number } {
  const line = output.split("\n").findLast((line) => /^(ok|FAILED) \| \d+ passed/.test(line)) ?? "";
  const count = (what: string) => Number(new RegExp(`(\\d+) ${what}\\b`).exec(line)?.[1] ?? 0);
  return { passed: count("passed"), failed: count("failed"), skipped: count("ignored") };
}

async function runDeno(name: string, args: readonly string[], options: SuiteOptions) {
  const show = options.show ?? write;
  show(`\n== ${name}: deno ${args.join(" ")}\n`);
  const limit = AbortSignal.timeout(options.minutes * 60_000);
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: options.cwd,
    // The summary is read from the output, so it must have no colours.
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1", ...options.env },
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
    signal: AbortSignal.any([limit, options.signal]),
  }).spawn();
  let output = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    show(text);
    output = (output + text).slice(-1_000_000);
  }
  const { success } = await child.status;
  if (limit.aborted) show(`${name}: ended after ${options.minutes} minutes\n`);
  return { success, output };
}

function write(text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
}
