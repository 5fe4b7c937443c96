import { equal } from "node:assert/strict";
import { answerCtrlC, answerHere, CANCELLING } from "./cancelling.ts";
import { type Deps, Interrupted } from "./deps.ts";
import { Control } from "./cursor.ts";

/** The lines after the interrupt of a command that runs for half a second more. */
async function written(
  isTerminal: boolean,
  reason: Interrupted,
  whileRunning = () => {},
): Promise<string> {
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
  await new Promise((resolve) => setTimeout(resolve, 500));
  return text;
}

Deno.test("Ctrl-C is answered on a terminal while the command runs on", async () => {
  const [onTerminal, terminated, elsewhere] = await Promise.all([
    written(true, new Interrupted("SIGINT")),
    written(true, new Interrupted("SIGTERM")),
    written(false, new Interrupted("SIGINT")),
  ]);
  equal(onTerminal, `${CANCELLING}\n`);
  equal(terminated, "");
  equal(elsewhere, "");
});

Deno.test("a display that answers is the only one", async () => {
  const reason = new Interrupted("SIGINT");
  equal(await written(true, reason, () => answerHere(reason)), "");
});

Deno.test("a command that ends at once has no answer", async () => {
  const controller = new AbortController();
  const stderr = { isTerminal: true, paint: () => equal(1, 2) } as unknown as Deps["stderr"];
  {
    using _answer = answerCtrlC({ signal: controller.signal, stderr });
    controller.abort(new Interrupted("SIGINT"));
  }
  await new Promise((resolve) => setTimeout(resolve, 200));
});
