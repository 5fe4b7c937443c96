/** TLS lies over a plugin's stream, unless the plugin says that it is secure already. */
import assert from "node:assert/strict";
import { dialEndpoint } from "../../transports/dial.ts";
import { createPlugins } from "../../transports/external.ts";
import { createRegistry } from "../../transports/registry.ts";
import { makeCerts } from "../harness/certs.ts";
import { skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";
import { writeAll } from "../../base/bytes.ts";
import { readExactly } from "../../transports/contract/expect.ts";
import { context } from "../transports/contract_help.ts";
import { startPeer } from "../transports/start_peer.ts";
import { copyExamples } from "./surroundings.ts";
import { echo, makeZoo } from "./zoo.ts";

const ignore = skip(await missing("perl", "openssl"));

Deno.test({
  name: "TLS over a plugin's stream: the authority's host is checked",
  ignore,
  // A process is gone a moment after its stream was closed.
  sanitizeOps: false,
  sanitizeResources: false,
}, async () => {
  const certs = await makeCerts();
  await using zoo = await makeZoo({ PATH: Deno.env.get("PATH") ?? "" });
  await copyExamples(zoo.folder);
  await using peer = await startPeer(certs.server);
  const registry = createRegistry([], createPlugins(zoo.env));
  const tls = { cacert: certs.ca.cert };
  const url = `loopback://${peer.port}`;
  const connection = await dialEndpoint(registry, url, tls, context());
  assert(connection.secure);
  await writeAll(connection.stream, new TextEncoder().encode("echo\nhello"));
  assert.equal(new TextDecoder().decode(await readExactly(connection.stream, 5)), "hello");
  connection.stream.close();
  const other = dialEndpoint(registry, url, { ...tls, servername: "example.org" }, context());
  await assert.rejects(other, /certificate .* is valid for .*not for example\.org/);
  await Deno.remove(certs.dir, { recursive: true });
});

Deno.test("a plugin that is secure gets no TLS over it", async () => {
  await using zoo = await makeZoo();
  await zoo.add("x", `${echo('fairlead-transport/1 ok {"secure":true}')}; exec cat`);
  const lines: string[] = [];
  const log = (line: string) => void lines.push(line);
  const tls = { servername: "example.org" };
  const { stream, secure } = await dialEndpoint(zoo.registry, "x://y", tls, { ...context(), log });
  assert(secure);
  await writeAll(stream, new TextEncoder().encode("hello"));
  assert.equal(new TextDecoder().decode(await readExactly(stream, 5)), "hello");
  stream.close();
  assert.deepEqual(lines, ["x://y is encrypted already: the TLS options are not used"]);
});
