// deno-lint-ignore-file no-console
// Lists a daemon's workers, then builds a folder there and prints what its steps do and say:
// follow_build.ts ENDPOINT FOLDER
import { connect, dockerfileRequest, fileSync, health, RpcError, solve } from "fairlead";

const [endpoint = "unix:///run/buildkit/buildkitd.sock", folder = "."] = Deno.args;
const client = await connect(endpoint);
try {
  for (const { ID, platforms } of await client.listWorkers()) {
    console.log(ID, platforms.map(({ OS, Architecture }) => `${OS}/${Architecture}`).join());
  }
  const done = new Set<string>();
  await solve(client, dockerfileRequest({}), {
    services: [health, fileSync(new Map([["context", folder], ["dockerfile", folder]]))],
    onStatus: ({ vertexes, logs }) => {
      for (const { msg } of logs) console.log(new TextDecoder().decode(msg).trimEnd());
      // A step is reported again whenever its state changes.
      for (const { digest, name, completed, error, cached } of vertexes) {
        if (!completed || done.has(digest)) continue;
        done.add(digest);
        console.log(error ? `FAILED ${name}: ${error}` : `${cached ? "CACHED" : "DONE"} ${name}`);
      }
    },
    signal: AbortSignal.timeout(600_000),
  });
} catch (error) {
  if (!(error instanceof RpcError)) throw error;
  console.error(`the build failed: ${error.message}`);
  Deno.exitCode = 1;
} finally {
  await client.close();
}
