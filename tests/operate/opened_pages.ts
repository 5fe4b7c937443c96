/** The pages of a `history open` that runs while a test does. */
import assert from "node:assert/strict";
import type { Workspace } from "../build/workspace.ts";
import { startFairlead } from "../harness/fairlead.ts";

/** Starts the command, and resolves to the address that it says. */
export async function open(space: Workspace, ...args: string[]) {
  // Without PATH, no browser of this machine is started.
  const env = { ...space.env, PATH: "/nonexistent" };
  const command = startFairlead(["history", "open", ...args], { cwd: space.dir, env });
  await command.until(/\n/);
  const said = command.said();
  const url = /shown at (http:\/\/127\.0\.0\.1:\d+\/[0-9a-f]{32}\/\S*),/.exec(said)?.[1];
  assert.ok(url, said);
  return {
    url,
    async [Symbol.asyncDispose]() {
      command.child.kill("SIGINT");
      assert.equal((await command.ended).code, 0);
    },
  };
}

/** The text of a page. */
export async function page(url: string): Promise<string> {
  const answer = await fetch(url);
  const text = await answer.text();
  assert.equal(answer.status, 200, `${url}: ${text}`);
  return text;
}

/** Loads a page until it has what is expected. */
export async function pageWith(url: string, expected: RegExp): Promise<string> {
  for (let tries = 0;; tries++) {
    const text = await page(url);
    if (expected.test(text)) return text;
    if (tries > 150) assert.fail(`${url} never had ${expected}: ${text}`);
    await new Promise((done) => setTimeout(done, 200));
  }
}
