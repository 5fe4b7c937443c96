/** Output of a step that is no UTF-8, compared with the peer. */
import assert from "node:assert/strict";
import { fairleadCommand } from "../harness/fairlead.ts";
import { check } from "../harness/run.ts";
import { withShared } from "../harness/shared.ts";
import { missing, need } from "../harness/tool.ts";
import { workspace } from "./workspace.ts";

const { ignore, shared } = await withShared(await missing("buildx", "bash"));

Deno.test(
  { name: "a step's output is printed byte for byte, also of a failed step", ignore },
  async () => {
    await using space = await workspace(shared.address);
    space.write({
      "ctx/Dockerfile": String.raw`FROM busybox
RUN printf 'one \303\274 \377\376 \355\240\200 \342\202\n\357\273\277end\300'; exit 1
`,
    });
    const programs = { fairlead: fairleadCommand(), buildx: [await need("buildx")] };
    const expected = Uint8Array.of(
      ...[..."one "].map((letter) => letter.charCodeAt(0)),
      ...[0xc3, 0xbc, 0x20, 0xff, 0xfe, 0x20, 0xed, 0xa0, 0x80, 0x20, 0xe2, 0x82, 0x0a],
    ).toHex();
    for (const [name, program] of Object.entries(programs)) {
      const args = ["build", "--progress=plain", "--no-cache", "ctx"];
      await check("bash", ["-c", '"$@" 2>err || true', "bash", ...program, ...args], {
        cwd: space.dir,
        env: space.env,
      });
      const told = Deno.readFileSync(space.path("err")).toHex();
      assert.ok(told.includes(expected), name);
      // The end of the step's output is repeated below the log. The peer now and then repeats only
      // its last line.
      const times = told.split("efbbbf656e64c0").length - 1;
      assert.ok(name === "fairlead" ? times === 2 : times >= 2, `${name}: ${times}`);
    }
  },
);
