import assert from "node:assert/strict";
import { testAlone } from "../../tests/harness/alone.ts";
import { checkEndpoints } from "../../tests/transports/endpoints.ts";
import { context } from "../../tests/transports/contract_help.ts";
import { says } from "../../tests/transports/says.ts";
import { DialError, type DialErrorCode } from "../errors.ts";
import { unix } from "./unix.ts";

checkEndpoints(unix, {
  good: [
    ["unix:///run/buildkit/buildkitd.sock", { path: "/run/buildkit/buildkitd.sock" }],
    ["unix://s", { path: "s" }],
    ["unix://../a dir/s%20", { path: "../a dir/s%20" }],
    ["unix:///tmp/naïve#1:2@3", { path: "/tmp/naïve#1:2@3" }],
    ["UNIX:///S", { path: "/S" }],
  ],
  bad: [
    ["unix://", /it has no path; write it as unix:\/\/\//],
    ["unix://@name", /abstract sockets are not supported/],
    ["unix:///s?region=hunter2", /no option "region"; unix:\/\/ endpoints take no options/],
    ["unix:///a\0b", /control character/],
  ],
});

/** Dials the path, and checks what the error says. */
async function fails(path: string, expected: RegExp, code: DialErrorCode): Promise<void> {
  const dial = () => unix.dial({ path }, context());
  await assert.rejects(dial, says(DialError, expected));
  await assert.rejects(dial, { code, step: "connect" });
}

Deno.test("unix: each failure has an error of its own", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/file`, "");
  try {
    await fails(`${folder}/none`, /no such socket; check the path/, "not-found");
    await fails("no/such/s", /no such socket; the path is relative/, "not-found");
    await fails(`${folder}/file/s`, /a part of the path is a file/, "not-found");
    await fails(`${folder}/file`, /it is a file, not a socket/, "config");
    await fails(folder, /it is a folder, not a socket/, "config");
    await fails(`/${"long".repeat(40)}`, /too long for a socket; .*symbolic link/, "config");
    await left(`${folder}/left`);
    await fails(`${folder}/left`, /connection refused; start the daemon/, "unreachable");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

testAlone({
  name: "unix: a socket of another user",
  file: import.meta.url,
  // Root may write everywhere, and only root can become another user.
  ignore: Deno.build.os !== "linux" || Deno.uid() !== 0,
}, async () => {
  const folder = await Deno.makeTempDir();
  await Deno.chmod(folder, 0o755);
  const listener = Deno.listen({ transport: "unix", path: `${folder}/s` });
  await Deno.chmod(`${folder}/s`, 0o600);
  const libc = Deno.dlopen("libc.so.6", { seteuid: { parameters: ["u32"], result: "i32" } });
  const nobody = 65534;
  assert.equal(libc.symbols.seteuid(nobody), 0);
  try {
    await fails(`${folder}/s`, /permission denied; run as a user who may write/, "denied");
  } finally {
    // Only root may remove the folder.
    libc.symbols.seteuid(0);
    libc.close();
    listener.close();
    await Deno.remove(folder, { recursive: true });
  }
});

/** A socket's file whose listener is gone: Deno's own `close` would delete it. */
async function left(path: string): Promise<void> {
  const code = `Deno.listen({ transport: "unix", path: Deno.args[0] }); Deno.exit(0)`;
  await new Deno.Command(Deno.execPath(), { args: ["eval", code, path] }).output();
}
