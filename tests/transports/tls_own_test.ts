/** The runtime's TLS, in processes of its own: each fills its base store of authorities once. */
import assert from "node:assert/strict";
import { needsRoot, skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";

const root = new URL("../..", import.meta.url).pathname;
const openssl = await missing("openssl");
const daemon = needsRoot() ?? await missing("buildkitd", "runc", "openssl");

for (
  const [name, reason, ...args] of [
    ["whom it trusts", openssl, "tls_own_cases.ts"],
    ["what refusals say", openssl, "tls_test.ts"],
    ["the contract of a byte stream", openssl, "sockets_test.ts", "--filter=TLS over tcp"],
    ["against a real buildkitd", daemon, "tls_buildkitd_test.ts"],
  ] as const
) {
  Deno.test({ name: `TLS of the runtime: ${name}`, ignore: skip(reason) }, async () => {
    const [file, ...more] = args;
    const { success, stdout } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["test", "-A", "--no-check", `--config=${root}deno.json`, ...more],
        `${root}tests/transports/${file}`,
      ],
      env: { FAIRLEAD_OWN_PROCESS: "1", DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" },
      stdin: "null",
      stderr: "inherit",
    }).output();
    const text = new TextDecoder().decode(stdout);
    assert(success, text);
    assert.match(text, /^ok \| [1-9]\d* passed/m);
  });
}
