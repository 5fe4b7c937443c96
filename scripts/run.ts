/** Runs a program to its end. */

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  cwd?: string;
  env?: Record<string, string>;
  /** Default: no stdin. */
  stdin?: string | Uint8Array;
  /** Kills the program. */
  signal?: AbortSignal;
}

/** Runs a program, and resolves to its output and exit code, even if that isn't 0. */
export async function run(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Ran> {
  const { stdin, ...rest } = options;
  const child = new Deno.Command(program, {
    args: [...args],
    ...rest,
    stdin: stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const fed = stdin === undefined ? undefined : feed(child.stdin, stdin);
  const output = await child.output();
  await fed;
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code: output.code, stdout: text(output.stdout), stderr: text(output.stderr) };
}

/** As `run`, but throws with the program's stderr when its exit code is not 0. */
export async function check(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Ran> {
  const ran = await run(program, args, options);
  if (ran.code === 0) return ran;
  throw new Error(`${[program, ...args].join(" ")}: exit ${ran.code}\n${ran.stderr}${ran.stdout}`);
}

async function feed(stream: WritableStream<Uint8Array>, input: string | Uint8Array): Promise<void> {
  const writer = stream.getWriter();
  try {
    await writer.write(typeof input === "string" ? new TextEncoder().encode(input) : input);
    await writer.close();
  } catch {
    // The program ended without reading all of its input: its exit code shows whether that is an
    // error.
  }
}
