/**
 * buildx evaluates a Rego policy that lies beside the Dockerfile also in a context which only the daemon
 * can fetch. To find out whether there is one, a build of nothing else copies it: the daemon then
 * fetches the context by the same rules as for the build itself, which finds it fetched.
 */
import type { Client } from "../../buildkit/client.ts";
import { withGateway } from "../../buildkit/gateway.ts";
import { RpcError } from "../../buildkit/grpc/status.ts";
import { newId } from "../../buildkit/identity.ts";
import { solveRequest } from "../../buildkit/solve_request.ts";
import type { JobContext } from "./job.ts";
import { policyError } from "./policy.ts";
import type { PreparedBuild } from "./prepare.ts";
import { buildServices } from "./services.ts";

/** Throws `UsageError` where there is a policy. */
export async function refuseRemotePolicy(
  client: Client,
  build: PreparedBuild,
  context: JobContext,
): Promise<void> {
  const { deps, progress } = context;
  const { filename, attrs } = build.sources;
  const folder = Deno.makeTempDirSync({ prefix: "fairlead-" });
  const vertex = progress.local.start(`[internal] look for ${filename}.rego in the context`);
  try {
    // A pattern that matches nothing is no error, where a name would be one.
    const source = `${filename}.reg[o]`;
    const text = `FROM scratch\nCOPY ${JSON.stringify([source, "/policy/"])}\n`;
    Deno.writeTextFileSync(`${folder}/Dockerfile`, text);
    // In the place of the context's own, which could hide the policy.
    Deno.writeTextFileSync(`${folder}/Dockerfile.dockerignore`, "#\n");
    const sources = {
      ...build.sources,
      mounts: new Map([["dockerfile", folder]]),
      stores: new Map<string, string>(),
    };
    const request = solveRequest(newId(), newId(), {
      ...build.options,
      filename: "Dockerfile",
      target: "",
      buildArgs: {},
      labels: {},
      platforms: [],
      exporters: [],
      cacheFrom: [],
      cacheTo: [],
      attrs: { context: attrs["context"] ?? "", dockerfilekey: "dockerfile", ...capsOf(attrs) },
    });
    const services = await buildServices({ ...build, outputs: [], sources }, context);
    const { value } = await withGateway(client, { ...request, Internal: true }, {
      services: services.list,
      sharedKey: "",
      onStatus: () => {},
      signal: deps.signal,
    }, async (gateway) => {
      const result = await gateway.solve({
        Frontend: request.Frontend,
        FrontendOpt: request.FrontendAttrs,
      });
      const ref = result.result?.$case === "ref" ? result.result.ref.id : "";
      const name = filename.slice(filename.lastIndexOf("/") + 1);
      return {
        result,
        value: await isThere(() => gateway.readFile(ref, `policy/${name}.rego`, 1)),
      };
    });
    if (value) throw policyError(`${filename}.rego of the context`);
    vertex.done();
  } catch (error) {
    vertex.fail(error);
    throw error;
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** What a query of a git URL needs of the frontend. */
function capsOf(attrs: Readonly<Record<string, string>>): Record<string, string> {
  const caps = attrs["frontend.caps"];
  return caps?.includes("gitquerystring") ? { "frontend.caps": caps } : {};
}

async function isThere(read: () => Promise<unknown>): Promise<boolean> {
  try {
    await read();
    return true;
  } catch (error) {
    if (error instanceof RpcError && /no such file or directory|not found/.test(error.message)) {
      return false;
    }
    throw error;
  }
}
