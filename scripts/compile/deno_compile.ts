/** The binary by `deno compile`: Deno's small base runtime, with the program appended. */
import { run } from "../run.ts";
import { runFlags } from "./run_flags.ts";
import type { Target } from "./targets.ts";

/** The input and the output of a compilation. */
export interface CompileOptions {
  readonly target: Target;
  /** The folder of the bundled program. */
  readonly dist: string;
  readonly output: string;
}

/** The words after `deno`. */
function compileArgs({ target, dist, output }: CompileOptions): string[] {
  const v8 = runFlags.filter((flag) => flag.startsWith("--v8-flags="));
  return [
    ...["compile", "-A", "--quiet", "--no-check", "--no-config", "--no-lock"],
    ...v8,
    ...["--target", target.triple],
    // Deno doesn't find the dynamic imports by itself.
    ...["--include", dist],
    ...["--output", output],
    `${dist}/main.js`,
  ];
}

/** Makes the binary. If the base runtime can't be fetched, throws an Error with the remedy. */
export async function denoCompile(
  options: CompileOptions,
  deno: string = Deno.execPath(),
): Promise<void> {
  const { code, stderr } = await run(deno, compileArgs(options), {
    env: { DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" },
  });
  if (code === 0) return;
  const { triple, name, uname } = options.target;
  const reason = stderr.trim().split("\n").filter((line) =>
    !/^(Stack backtrace|\s+\d+: <)/.test(line)
  );
  if (!/denort|[Dd]ownload|dns error|error sending request|dl\.deno\.land/.test(stderr)) {
    throw new Error(`deno compile failed:\n${reason.join("\n")}`);
  }
  const url = `https://dl.deno.land/release/v${Deno.version.deno}/denort-${triple}.zip`;
  throw new Error(
    `cannot compile for ${name}: Deno's base runtime could not be had\n` +
      reason.map((line) => `  ${line.trim()}\n`).join("") +
      `hint: set DENORT_BIN to the denort of ${url}, or run this once where that site can be ` +
      `reached: Deno keeps the download` +
      (uname === undefined ? "" : "; or add --self-extracting, which needs Deno from npm only"),
  );
}
