/**
 * `--call`: a question to the frontend about a Dockerfile. The gateway API is used because the
 * answer is the metadata of a result, which a plain build doesn't return. Nothing is built,
 * exported or recorded.
 */
import type { Client } from "../../buildkit/client.ts";
import { withGateway } from "../../buildkit/gateway.ts";
import { RpcError } from "../../buildkit/grpc/status.ts";
import { newId } from "../../base/identity.ts";
import { solveRequest } from "../../buildkit/solve_request.ts";
import type { CallMethod } from "../spec/call.ts";
import { printAnswer } from "./call_print.ts";
import type { Job, JobContext } from "../running/job.ts";
import type { Link } from "../running/links.ts";
import type { Answers } from "./result.ts";
import { policedRequest, underPolicies } from "../running/policed.ts";
import { buildServices } from "../running/services.ts";

const CAPABILITY = "moby.buildkit.frontend.subrequests+forward";

const SYNTAX = "build-arg:BUILDKIT_SYNTAX";
/** The frontend that buildx uses for questions that the daemon's own frontend doesn't know. */
const NEWER =
  "docker/dockerfile:1.8.1@sha256:e87caa74dcb7d46cd820352bfea12591f3dba3ddc4285e19c7dcd13359f7cefd";

/** The questions that the newer frontend knows. */
export const QUESTIONS = new Set(["lint", "outline", "targets", "subrequests.describe"]);

/**
 * Whether the daemon's frontend doesn't know a question that a newer one does. Frontends before
 * BuildKit 0.10 know none.
 */
function isTooOld(error: unknown, question: string): boolean {
  return QUESTIONS.has(question) && error instanceof RpcError &&
    /unsupported request frontend\./.test(error.message);
}

/** The error when the daemon's frontend is too old, and a newer one can't be fetched. */
function oldFrontend(error: RpcError, question: string): RpcError {
  return new RpcError(error.code, error.message, {
    cause: error,
    hint: `the daemon's Dockerfile frontend is too old for --call=${question}, and a newer one ` +
      "(docker/dockerfile) couldn't be fetched: update the daemon, or name one that it can reach by " +
      "--build-arg BUILDKIT_SYNTAX=IMAGE",
  });
}

/** Asks the question. Resolves to the frontend's answers, by key. */
export async function askFrontend(
  client: Client,
  method: CallMethod,
  job: Job,
  context: JobContext,
  link?: Link,
): Promise<Answers> {
  const { build, options, ref } = job;
  const { deps, progress } = context;
  const services = await buildServices({ ...build, outputs: [] }, context, client);
  const policies = await underPolicies(client, job, context, services.list);
  const plain = solveRequest(ref, newId(), { ...options, exporters: [], cacheTo: [] });
  const request = policedRequest(plain, policies);
  const given = await link?.given(request.FrontendAttrs, deps.signal);
  const { attrs, inputs } = given ?? {
    attrs: request.FrontendAttrs,
    inputs: Object.fromEntries(build.inputs.definitions),
  };
  const caps = attrs["frontend.caps"];
  let tooOld = false;
  const { value } = await withGateway(client, { ...request, Internal: true }, {
    services: [...services.list, ...policies ? [policies.service] : []],
    sharedKey: build.inputs.sharedKey,
    onStatus: (status) => progress.update(status),
    signal: deps.signal,
  }, async (gateway) => {
    const ask = (more: Readonly<Record<string, string>>) =>
      gateway.solve({
        Frontend: request.Frontend,
        FrontendOpt: {
          ...attrs,
          requestid: `frontend.${method.name}`,
          "frontend.caps": caps === undefined ? CAPABILITY : `${caps},${CAPABILITY}`,
          ...more,
        },
        FrontendInputs: inputs,
      });
    const result = await ask({}).catch(async (error) => {
      if (SYNTAX in attrs || !isTooOld(error, method.name)) throw error;
      return await ask({ [SYNTAX]: NEWER }).catch(() => {
        tooOld = true;
        throw error;
      });
    });
    await link?.took(gateway, result, deps.signal);
    return { result, value: result.metadata };
  }).catch(async (error) => {
    await policies?.close(error);
    throw tooOld && error instanceof RpcError ? oldFrontend(error, method.name) : error;
  });
  await policies?.close();
  const decoder = new TextDecoder();
  return Object.fromEntries(
    Object.entries(value).map(([key, bytes]) => [key, decoder.decode(bytes)]),
  );
}

/**
 * Prints an answer. Resolves to the exit code: the frontend's own, unless that is to be ignored.
 * @param file the Dockerfile's name in warnings
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
