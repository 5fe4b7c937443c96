import { abortable } from "../base/async.ts";
import type { Deps } from "./deps.ts";

/** Asks a question that only `y` agrees to. Rejects with the signal's reason on an interrupt. */
export async function confirm(
  { stdin, stdout, signal }: Pick<Deps, "stdin" | "stdout" | "signal">,
  question: string,
): Promise<boolean> {
  stdout.write(`${question} [y/N] `);
  return (await abortable(readLine(stdin), signal)).toLowerCase() === "y";
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
