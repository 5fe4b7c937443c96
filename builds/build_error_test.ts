import { equal } from "node:assert/strict";
import { Code, RpcError } from "../buildkit/grpc/status.ts";
import { BuildError } from "./build_error.ts";

Deno.test("a daemon's error is reported with its code, and an old frontend in buildx's words", () => {
  const cases: [code: number, message: string, said: string][] = [
    [Code.UNKNOWN, "no such thing", "failed to solve: no such thing"],
    [Code.INTERNAL, "no such thing", "failed to solve: Internal: no such thing"],
    [
      Code.UNIMPLEMENTED,
      "unsupported frontend capability moby.buildkit.frontend.contexts",
      "current frontend does not support --build-context. Named contexts are supported since " +
      "Dockerfile v1.4. Use #syntax directive in Dockerfile or update to latest BuildKit.",
    ],
    [
      Code.UNIMPLEMENTED,
      "unsupported frontend capability moby.buildkit.frontend.other",
      "failed to solve: Unimplemented: unsupported frontend capability moby.buildkit.frontend.other",
    ],
  ];
  for (const [code, message, said] of cases) {
    equal(
      new BuildError(new RpcError(code, message), "failed to build: ").message,
      `failed to build: ${said}`,
    );
  }
});
