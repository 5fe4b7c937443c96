// deno-lint-ignore-file no-console
// Builds a folder under Node 22 or Bun:
//   node node.mjs unix:///run/buildkit/buildkitd.sock FOLDER OUT [CA CERT KEY]
import {
  connect,
  dockerfileRequest,
  fileSync,
  health,
  localOutputs,
  solve,
} from "@fairlead/fairlead";

const [address, folder, directory, cacert, cert, key] = process.argv.slice(2);
const client = await connect(address, cacert === undefined ? {} : { tls: { cacert, cert, key } });
await solve(client, dockerfileRequest({ exporters: [{ type: "local", attrs: {} }] }), {
  services: [
    health,
    fileSync(new Map([["context", folder], ["dockerfile", folder]])),
    localOutputs(new Map([[0, { directory, mode: "copy" }]])),
  ],
  onStatus: ({ vertexes }) => vertexes.forEach(({ name }) => console.log(name)),
  signal: AbortSignal.timeout(600_000),
});
await client.close();
