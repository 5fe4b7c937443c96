import type { Deps } from "./deps.ts";

/** Asks a question that only `y` agrees to. Rejects with the signal's reason on an interrupt. */
export async function confirm(
  { stdin, stdout, signal }: Pick<Deps, "stdin" | "stdout" | "signal">,
  question: string,
): Promise<boolean> {
  stdout.write(`${question} [y/N] `);
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const stop = () => reject(signal.reason);
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  try {
    const line = await Promise.race([readLine(stdin), aborted]);
    return line.toLowerCase() === "y";
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

async function readLine(stdin: Deps["stdin"]): Promise<string> {
  const buffer = new Uint8Array(256);
  let text = "";
  while (!text.includes("\n")) {
    const count = await stdin.read(buffer);
    if (count === null) break;
    text += new TextDecoder().decode(buffer.subarray(0, count));
  }
  return text.split("\n")[0]!.replace(/\r$/, "");
}
