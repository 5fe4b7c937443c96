/**
 * `history import`, compared with the peer's. The real Docker Desktop runs on desktops alone, so a
 * stand-in replaces it: a server on its socket that gives its answers.
 */
import assert from "node:assert/strict";
import { skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";
import { workspace } from "../build/workspace.ts";
import { withoutHints } from "./beside.ts";
import { fails } from "../harness/ended.ts";

const ignore = skip(await missing("buildx"));

Deno.test({ name: "history import hands bundles to Docker Desktop", ignore }, async () => {
  await using space = await workspace("tcp://127.0.0.1:1");
  space.write({
    "one.dockerbuild": "a",
    "two.dockerbuild": "b c",
    "none.dockerbuild": "",
    "broken.dockerbuild": "!",
    "bin/xdg-open": "#!/bin/sh\nexit 0\n",
    ".docker/desktop/x": "",
  });
  const asked: string[] = [];
  const desktop = Deno.serve(
    { path: space.path(".docker/desktop/docker-desktop-build.sock"), onListen() {} },
    async (request) => {
      const body = await request.text();
      asked.push(`${request.method} ${new URL(request.url).pathname} ${body}`);
      if (body.startsWith("!")) return new Response("no bundle", { status: 400 });
      return Response.json(body.split(" ").filter((name) => name !== ""));
    },
  );
  const env = { PATH: `${space.path("bin")}:/usr/bin:/bin` };
  const cases: [string[], string?][] = [
    [["-f", "one.dockerbuild"]],
    [["-f", "one.dockerbuild", "-f", space.path("two.dockerbuild")]],
    [["-f", "one.dockerbuild", "-f", "nowhere"]],
    [["-f", "none.dockerbuild"]],
    [["-f", "broken.dockerbuild"]],
    [[], "d e"],
    [["-f", "-"], "f"],
  ];
  for (const [args, stdin = ""] of cases) {
    const words = ["history", "import", ...args];
    const theirs = await space.buildx(words, env, stdin);
    const said = asked.splice(0);
    const ours = withoutHints(await space.fairlead(words, env, stdin));
    assert.deepEqual(ours, theirs, args.join(" "));
    assert.deepEqual(asked.splice(0), said, `${args.join(" ")}: what was sent`);
  }
  await desktop.shutdown();
  const { stderr } = await fails(space.fairlead(["history", "import", "-f", "one.dockerbuild"]));
  assert.match(stderr, /^ERROR: failed to send request, check if Docker Desktop is running/m);
});
