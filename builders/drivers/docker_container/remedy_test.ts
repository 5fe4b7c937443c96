import { equal, match } from "node:assert/strict";
import { remedyFor } from "./remedy.ts";

const program = "docker --context=box";

Deno.test("remedies for failures of a boot", () => {
  const limited = "toomanyrequests: You have reached your pull rate limit.";
  match(remedyFor(limited, { program, image: "moby/buildkit" })!, /docker --context=box login\), /);
  match(remedyFor(limited, { program, image: "r.io/a/b:1" })!, /login r\.io\)/);
  match(
    remedyFor("pull access denied for x", { program, image: "x" })!,
    /needs a login: docker --context=box login;/,
  );
  for (const image of [undefined, "x"]) {
    const boot = { program, ...image !== undefined && { image } };
    const full = "failed to register layer: write /bin/x: no space left on device";
    match(remedyFor(full, boot)!, /disk of the engine's machine is full: .* system df/);
  }
  match(
    remedyFor("runc create failed: unable to apply caps: operation not permitted", { program })!,
    /^buildkitd needs a privileged container, and this engine may not start one/,
  );
  equal(remedyFor("permission denied", { program }), undefined, "a daemon's log is no pull");
});
