// deno-lint-ignore-file no-console
// Builds a folder with a daemon and writes the result to another: build_folder.ts ENDPOINT FROM TO
import { connect, dockerfileRequest, fileSync, health, localOutputs, solve } from "fairlead";

const [endpoint = "unix:///run/buildkit/buildkitd.sock", from = ".", to = "out"] = Deno.args;
const client = await connect(endpoint);
try {
  const request = dockerfileRequest({ exporters: [{ type: "local", attrs: {} }] });
  await solve(client, request, {
    services: [
      health,
      fileSync(new Map([["context", from], ["dockerfile", from]])),
      localOutputs(new Map([[0, { directory: to, mode: "copy" }]])),
    ],
    onStatus: ({ vertexes }) => {
      for (const { name, completed } of vertexes) if (completed) console.log(name);
    },
    signal: AbortSignal.timeout(600_000),
  });
} finally {
  await client.close();
}
