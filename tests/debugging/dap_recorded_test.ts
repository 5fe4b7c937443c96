/**
 * Sessions that were recorded from buildx's own adapter are replayed against ours. Where buildx can
 * be had, its adapter is asked again, so that the record is never older than the peer.
 * `FAIRLEAD_TEST_RECORD=1` writes it anew.
 */
import assert from "node:assert/strict";
import { withShared } from "../harness/shared.ts";
import { skip } from "../harness/skip.ts";
import { missing, need } from "../harness/tool.ts";
import { workspace } from "../build/workspace.ts";
import { ours, theirs } from "./dap_adapters.ts";
import { record, sessions } from "./dap_sessions.ts";

const { ignore, shared } = await withShared();
const file = new URL("dap_recorded.json", import.meta.url);

interface Record {
  /** `buildx version` of the adapter. */
  readonly peer: string;
  readonly sessions: Readonly<{ [name: string]: readonly string[] }>;
}

Deno.test(
  { name: "our adapter answers as buildx's did when it was recorded", ignore },
  async () => {
    const recorded: Record = JSON.parse(Deno.readTextFileSync(file));
    for (const session of sessions) {
      await using it = await workspace(shared.address);
      // buildx names the files that a COPY changes by a digest.
      const expected = recorded.sessions[session.name]?.map((line) =>
        line.replace("   sha256:… =", "   / =")
      );
      assert.deepEqual(await record(session, it, ours), expected, session.name);
    }
  },
);

Deno.test({
  name: "buildx's adapter still answers as it was recorded",
  ignore: ignore || skip(await missing("buildx")),
}, async () => {
  const told: Record = { peer: await version(), sessions: {} };
  for (const session of sessions) {
    await using it = await workspace(shared.address);
    Object.assign(told.sessions, { [session.name]: await record(session, it, theirs) });
  }
  if (Deno.env.get("FAIRLEAD_TEST_RECORD") === "1") {
    Deno.writeTextFileSync(file, `${JSON.stringify(told, undefined, 2)}\n`);
  }
  assert.deepEqual(told, JSON.parse(Deno.readTextFileSync(file)));
});

async function version(): Promise<string> {
  const { stdout } = await new Deno.Command(await need("buildx"), { args: ["version"] }).output();
  return /v\d+\.\d+\.\d+/.exec(new TextDecoder().decode(stdout))?.[0] ?? "unknown";
}
