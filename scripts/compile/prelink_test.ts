import assert from "node:assert/strict";
import { check } from "../../tests/harness/run.ts";
import { prelink } from "./prelink.ts";

Deno.test("prelink: only position-independent programs for x86-64", () => {
  const refused = { message: "it is no position-independent program for x86-64" };
  assert.throws(() => prelink(new TextEncoder().encode(`#!/bin/sh\n${" ".repeat(80)}`)), refused);
  const arm = new Uint8Array(64);
  arm.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  arm.set([3, 0, 183, 0], 16);
  assert.throws(() => prelink(arm), refused);
});

Deno.test({
  name: "prelink: Deno at a fixed address does what Deno does",
  ignore: Deno.build.target !== "x86_64-unknown-linux-gnu",
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      const original = await Deno.readFile(Deno.execPath());
      const fixed = prelink(original);
      assert.equal(fixed.length, original.length);
      assert.throws(() => prelink(fixed), /no position-independent program/);
      await Deno.writeFile(`${folder}/deno`, fixed, { mode: 0o755 });
      // libc through FFI, an exception, a regular expression, threads, TLS's own symbols.
      const script = `
        const libc = Deno.dlopen("libc.so.6", { getpid: { parameters: [], result: "i32" } });
        const worker = new Worker("data:text/javascript,postMessage(7)", { type: "module" });
        const answer = await new Promise((resolve) => worker.onmessage = (e) => resolve(e.data));
        worker.terminate();
        const digest = await crypto.subtle.digest("SHA-256", new Uint8Array(3));
        let caught;
        try { null.x } catch (error) { caught = /Cannot read/.test(error.message) }
        console.log(libc.symbols.getpid() === Deno.pid, answer, digest.byteLength, caught);
      `;
      const { stdout } = await check(`${folder}/deno`, ["eval", "--no-lock", script]);
      assert.equal(stdout, "true 7 32 true\n");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
