/** Runs a command of both programs on the same daemon, and compares their output. */
import assert from "node:assert/strict";
import type { Workspace } from "../build/workspace.ts";
import type { Ran } from "../harness/run.ts";

/** Asserts that both programs print the same and end the same; returns our output. */
export async function beside(space: Workspace, ...args: string[]): Promise<Ran> {
  const theirs = await space.buildx(args);
  const ours = await space.inside(args);
  assert.deepEqual(comparable(ours), comparable(theirs), `${args.join(" ")} is not as the peer's`);
  return ours;
}

/** Removes the line that only fairlead prints. */
export function withoutHints({ code, stdout, stderr }: Ran): Ran {
  return { code, stdout, stderr: stderr.replace(/^hint: .*\n/gm, "") };
}

/** Without what differs by intent (hints, the program's name), and by the clock. */
export function comparable({ code, stdout, stderr }: Ran): Ran {
  return withoutHints({ code, stdout: plain(stdout), stderr: plain(stderr) });
}

function plain(text: string): string {
  return text
    .replace(/docker buildx history/g, "fairlead history")
    .replace(/(Less than a second|About an? \w+|\d+ (second|minute)s?) ago/g, "SOME TIME AGO")
    .replace(/ +/g, " ");
}
