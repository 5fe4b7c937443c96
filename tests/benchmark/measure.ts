/** Runs a program once, and measures it. */
export interface Sample {
  /** Seconds. */
  readonly wall: number;
  /** Seconds of user and system time, children included. */
  readonly cpu: number;
  /** Peak resident memory in bytes. */
  readonly memory: number;
}

const cache = `${Deno.env.get("XDG_CACHE_HOME") ?? `${Deno.env.get("HOME")}/.cache`}/fairlead`;
let tool: Promise<string> | undefined;

/**
 * Runs a program to its end. Its output is kept away from the terminal.
 * Throws with the end of that output when it fails: a failure is no measurement.
 */
export async function measure(
  command: readonly string[],
  env: Record<string, string>,
): Promise<Sample> {
  const file = await Deno.makeTempFile({ prefix: "fairlead-bench-" });
  try {
    const { success, stderr } = await new Deno.Command(await (tool ??= buildTool("measure")), {
      args: [file, ...command],
      env,
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).output();
    const text = await Deno.readTextFile(file);
    const result = text ? JSON.parse(text) : { code: -1 };
    if (!success || result.code !== 0) {
      const tail = new TextDecoder().decode(stderr).split("\n").slice(-15).join("\n");
      throw new Error(`${command.join(" ")} ended with ${result.code}:\n${tail}`);
    }
    return result;
  } finally {
    await Deno.remove(file);
  }
}

/** Builds a Go program of this folder, and returns its path. Deno would be too slow a proxy. */
export async function buildTool(name: string): Promise<string> {
  const source = new URL(`${name}.go`, import.meta.url).pathname;
  const path = `${cache}/${name}`;
  await Deno.mkdir(cache, { recursive: true });
  const { success } = await new Deno.Command("go", {
    args: ["build", "-o", path, source],
    env: { GOFLAGS: "" },
    stdin: "null",
  }).spawn().status;
  if (!success) throw new Error(`cannot build tests/benchmark/${name}.go`);
  return path;
}
