/** The daemon downloads files for a policy: GitHub's attestations come that way. */
import assert from "node:assert/strict";
import { connect } from "../../buildkit/mod.ts";
import { sourceResolver } from "../../policies/source_resolver.ts";
import { webServer } from "../harness/web_server.ts";
import { ignore, shared } from "../operate/images.ts";

Deno.test({ name: "the daemon downloads a file with the wanted header", ignore }, async () => {
  const accepted: (string | null)[] = [];
  await using server = webServer((request) => {
    accepted.push(request.headers.get("accept"));
    return new URL(request.url).pathname === "/list"
      ? new Response('{"attestations": []}')
      : new Response("none", { status: 404 });
  });
  const client = await connect(shared!.address);
  try {
    const signal = AbortSignal.timeout(60_000);
    await using resolver = sourceResolver(client, { services: [], onStatus() {}, signal });
    const options = { title: "[policy] test", limit: 1000 };
    const accept = "application/vnd.github+json";
    const bytes = await resolver.download(`${server.url}/list?x=1`, { ...options, accept });
    assert.equal(new TextDecoder().decode(bytes), '{"attestations": []}');
    assert.ok(accepted.includes(accept), accepted.join());
    const cut = await resolver.download(`${server.url}/list?x=2`, { ...options, limit: 5 });
    assert.equal(new TextDecoder().decode(cut), '{"att');
    await assert.rejects(resolver.download(`${server.url}/none`, options), /404/);
  } finally {
    await client.close();
  }
});
