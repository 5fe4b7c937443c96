import { ENGINE_OPTIONS, type EngineChoice, findEngine, parseEngine } from "../engine/choice.ts";
import { formatOptions, splitEndpoint } from "../endpoint.ts";
import type { Transport } from "../transport.ts";

/** `docker://`: the BuildKit inside the current engine, a docker context's, or one by address. */
export const docker = {
  scheme: "docker",
  summary: "the BuildKit inside a Docker engine",
  example: "docker://",
  options: ENGINE_OPTIONS,
  insideEngine: true,

  parse(endpoint: string): EngineChoice {
    const parts = splitEndpoint(endpoint, docker);
    if (parts.address !== "") {
      const hint = "write docker:// for the engine in use, or docker://?context=NAME";
      parts.fail("it has an address", hint);
    }
    return parseEngine(parts);
  },

  describe,
  host: () => ({ authority: "localhost", name: "" }),
  plaintext: () => false,

  async dial(spec, context) {
    const { dialInside } = await import("../engine/grpc.ts" /* at every run */);
    const endpoint = describe(spec);
    return await dialInside(await findEngine(spec, endpoint, context.env), endpoint, context);
  },
} satisfies Transport<EngineChoice>;

function describe({ context, host }: EngineChoice): string {
  return `docker://${formatOptions({ context, host })}`;
}
