import { equal } from "node:assert/strict";
import { logLines, reasonIn } from "./log_reason.ts";

const warning = 'time="2026-12-01T09:45:06Z" level=warning msg="failed check for fsverity"';
const info = 'time="2026-12-01T09:45:06Z" level=info msg="auto snapshotter: using overlayfs"';

Deno.test("a daemon's last error is the reason of its end, and not a warning", () => {
  const full = "buildkitd: write /var/lib/buildkit/cache.db: no space left on device";
  equal(reasonIn([info, full, warning]), full, "a log of several starts");
  equal(
    reasonIn([info, "panic: runtime error", "goroutine 1 [running]:", warning]),
    "panic: runtime error",
  );
  equal(reasonIn(logLines("sh: buildkitd: not found\n\n")), "sh: buildkitd: not found");
  equal(reasonIn([info, warning]), warning);
  equal(reasonIn([]), undefined);
});
