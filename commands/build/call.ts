/**
 * `--call`: a question to the frontend about a Dockerfile, over the gateway API, since the answer is a
 * result's metadata, which a plain build doesn't hand out. Nothing is built, exported or recorded.
 */
import { withGateway } from "../../buildkit/gateway.ts";
import { newId } from "../../buildkit/identity.ts";
import { solveRequest } from "../../buildkit/solve_request.ts";
import type { CallMethod } from "../flags/call.ts";
import { printAnswer } from "./call_print.ts";
import type { PreparedBuild } from "./prepare.ts";
import type { Answers } from "./result.ts";
import { onBuilder, type RunContext } from "./run.ts";
import { buildServices } from "./services.ts";

const CAPABILITY = "moby.buildkit.frontend.subrequests+forward";

/** Asks, and ends the progress display. Resolves to what the frontend answered, by key. */
export async function askFrontend(
  build: PreparedBuild,
  method: CallMethod,
  context: RunContext,
): Promise<Answers> {
  return await onBuilder(build, context, async (client) => {
    const { deps, progress } = context;
    using services = await buildServices({ ...build, outputs: [] }, { deps, progress });
    const options = { ...build.options, exporters: [], cacheTo: [] };
    const request = solveRequest(newId(), newId(), options);
    const caps = request.FrontendAttrs["frontend.caps"];
    const { value } = await withGateway(client, { ...request, Internal: true }, {
      services: services.list,
      sharedKey: build.sources.sharedKey,
      onStatus: (status) => progress.update(status),
      signal: deps.signal,
    }, async (gateway) => {
      const result = await gateway.solve({
        Frontend: request.Frontend,
        FrontendOpt: {
          ...request.FrontendAttrs,
          requestid: `frontend.${method.name}`,
          "frontend.caps": caps === undefined ? CAPABILITY : `${caps},${CAPABILITY}`,
        },
      });
      return { result, value: result.metadata };
    });
    const decoder = new TextDecoder();
    return Object.fromEntries(
      Object.entries(value).map(([key, bytes]) => [key, decoder.decode(bytes)]),
    );
  });
}

/**
 * Prints an answer. Resolves to the exit code: the frontend's own, unless that is to be ignored.
 * @param file what the Dockerfile is called in the places of warnings
 */
export function showAnswer(
  answers: Answers,
  method: CallMethod,
  file: string,
  write: (text: string) => void,
): number {
  printAnswer(answers, method, file, write);
  const status = Number(answers["result.statuscode"] ?? 0);
  return method.ignoreStatus || !Number.isInteger(status) ? 0 : status;
}
