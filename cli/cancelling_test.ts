import { equal, fail } from "node:assert/strict";
import { manualClock } from "../tests/harness/manual_clock.ts";
import { answerCtrlC, answerHere, CANCELLING } from "./cancelling.ts";
import { type Deps, Interrupted } from "./deps.ts";
import { Control } from "./cursor.ts";

/** The lines that follow an interrupt, of which a command takes no notice for a second. */
async function written(
  isTerminal: boolean,
  reason: Interrupted,
  whileRunning = () => {},
): Promise<string> {
  using clock = manualClock();
  const controller = new AbortController();
  let text = "";
  const stderr = {
    isTerminal,
    paint(parts) {
      for (const part of parts) text += part instanceof Control ? "" : part;
    },
  } as Deps["stderr"];
  using _answer = answerCtrlC({ signal: controller.signal, stderr });
  controller.abort(reason);
  whileRunning();
  await clock.advance(99);
  equal(text, "", "most commands end within that time");
  await clock.advance(1000);
  return text;
}

Deno.test("Ctrl-C is answered on a terminal while the command runs on", async () => {
  equal(await written(true, new Interrupted("SIGINT")), `${CANCELLING}\n`);
  equal(await written(true, new Interrupted("SIGTERM")), "");
  equal(await written(false, new Interrupted("SIGINT")), "");
});

Deno.test("a display that answers is the only one", async () => {
  const reason = new Interrupted("SIGINT");
  equal(await written(true, reason, () => answerHere(reason)), "");
});

Deno.test("a command that ends at once has no answer", async () => {
  using clock = manualClock();
  const controller = new AbortController();
  const paint = () => fail("nothing is to be written");
  const stderr = { isTerminal: true, paint } as unknown as Deps["stderr"];
  {
    using _answer = answerCtrlC({ signal: controller.signal, stderr });
    controller.abort(new Interrupted("SIGINT"));
  }
  await clock.advance(1000);
});
