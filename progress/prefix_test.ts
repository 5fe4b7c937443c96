import { deepEqual } from "node:assert/strict";
import type { StatusResponse } from "../proto/gen/control.ts";
import { message } from "../tests/progress/messages.ts";
import { withNode, withPrefix } from "./prefix.ts";
import type { Reporter } from "./progress.ts";

Deno.test("a display has the node and the target before a step, a watcher the target alone", () => {
  const names = (status: StatusResponse | undefined) => status?.vertexes.map(({ name }) => name);
  const seen: unknown[] = [];
  const inner = {
    update: (shown: StatusResponse, watched?: StatusResponse) =>
      void seen.push([names(shown), names(watched)]),
    ofJob: () => inner,
  } as unknown as Reporter;
  const status = message({ v: [{ d: "d", name: "[app 1/2] RUN make" }] });
  withPrefix(inner, "web").update(status);
  withNode(withPrefix(inner, "web").ofJob("n1"), "n1").update(status);
  deepEqual(seen, [
    [["[web app 1/2] RUN make"], undefined],
    [["[web n1 app 1/2] RUN make"], ["[web app 1/2] RUN make"]],
  ]);
});
