/** Runs Deno's own commands for `scripts/run_tests.ts`, shows their output as it comes, and counts. */

export interface Result {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export interface SuiteOptions {
  cwd: string;
  env?: Record<string, string>;
  /** Ends the suite as a failure after so many minutes: a hang must not eat CI's whole time. */
  minutes: number;
  /** Ends it at once. */
  signal: AbortSignal;
  /** Where the output goes; default stdout. */
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
  // Files side by side: daemons and clients leave gaps on both cores. Types have a check of their
  // own; here one wrong file would keep all others from running.
  const command = ["test", "-A", "--no-check", "--parallel", ...args];
  const { success, output } = await runDeno(name, command, options);
  const counts = summary(output);
  if (success || counts.failed > 0) return { name, ...counts };
  // A type error, an exception outside a test, a crash or the time limit: no test says so.
  return { name, ...counts, failed: 1 };
}

/** What the last summary line of `deno test` says; zeros where there is none. */
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
    output = (output + text).slice(-10_000);
  }
  const { success } = await child.status;
  if (limit.aborted) show(`${name}: ended after ${options.minutes} minutes\n`);
  return { success, output };
}

function write(text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
}
