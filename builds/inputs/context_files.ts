/**
 * Reads files of a context that only the daemon can fetch, before the build. A tiny build copies
 * the files. The daemon then fetches the context by its own rules, and the real build hits its
 * cache.
 */
import type { Client } from "../../buildkit/client.ts";
import { withGateway } from "../../buildkit/gateway.ts";
import { RpcError } from "../../buildkit/grpc/status.ts";
import { health } from "../../buildkit/session/health.ts";
import type { SecretSource } from "../../buildkit/session/secret_source.ts";
import { secrets } from "../../buildkit/session/secrets.ts";
import { type Agents, ssh } from "../../buildkit/session/ssh.ts";
import { dockerfileRequest } from "../../buildkit/solve_request.ts";
import type { StatusResponse } from "../../proto/gen/control_types.ts";
import type { JobContext } from "../running/job.ts";
import { hasQuery, QUERY_CAPABILITY } from "../spec/remote.ts";
import { folders } from "../running/services.ts";
import { baseName } from "../../base/paths.ts";
import { refOf } from "../../buildkit/result.ts";

/** A context, with the credentials that the daemon may need to fetch it. */
export interface FarContext {
  readonly url: string;
  readonly secrets: SecretSource;
  readonly agents: Agents;
}

/**
 * Reads up to `length` bytes of each file; undefined for a missing one. The progress shows the step
 * that fetches, as in a build. Throws RpcError.
 */
export async function readContextFiles(
  client: Client,
  far: FarContext,
  { names, length }: {
    /** Paths in the context. */
    readonly names: readonly string[];
    readonly length: number;
  },
  context: Pick<JobContext, "deps" | "progress" | "shared" | "idle">,
): Promise<(Uint8Array | undefined)[]> {
  const folder = Deno.makeTempDirSync({ prefix: "fairlead-" });
  const onFetch = onlyFetching((status) => {
    context.idle?.touch();
    context.progress.update(status);
  });
  try {
    // The frontend reads the second name where the URL is a Dockerfile, and no archive.
    for (const dockerfile of ["Dockerfile", "context"]) {
      Deno.writeTextFileSync(`${folder}/${dockerfile}`, copyAll(names));
      // Replaces the context's own file, which could hide the files.
      Deno.writeTextFileSync(`${folder}/${dockerfile}.dockerignore`, "#\n");
    }
    const query = hasQuery(far.url) && { "frontend.caps": QUERY_CAPABILITY };
    const request = dockerfileRequest({
      attrs: { context: far.url, dockerfilekey: "dockerfile", ...query },
    });
    const { value } = await withGateway(client, { ...request, Internal: true }, {
      services: [
        health,
        context.shared.auth,
        secrets(far.secrets),
        ssh(far.agents),
        folders(new Map([["dockerfile", folder]]), context),
      ],
      sharedKey: "",
      onStatus: onFetch,
      signal: context.deps.signal,
    }, async (gateway) => {
      const { Frontend, FrontendAttrs: FrontendOpt } = request;
      const result = await gateway.solve({ Frontend, FrontendOpt });
      const ref = refOf(result);
      const files: (Uint8Array | undefined)[] = [];
      for (const [at, name] of names.entries()) {
        const path = `${at}/${baseName(name)}`;
        files.push(await unlessMissing(gateway.files(ref).readFile(path, { length })));
      }
      return { result, value: files };
    });
    return value;
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** The frontend's name for the step that fetches a context. */
const FETCHING = /^\[internal\] load (?:git source|remote build context)\b/;

/** Passes on the progress of that step, which may take long, or fail. */
function onlyFetching(update: (status: StatusResponse) => void): (status: StatusResponse) => void {
  const steps = new Set<string>();
  return ({ vertexes, statuses, logs }) => {
    const shown = vertexes.filter(({ name }) => FETCHING.test(name))
      // A URL may hold a password, and many people read logs.
      .map((vertex) => ({ ...vertex, name: vertex.name.replace(/:\/\/[^/@\s]*@/, "://") }));
    for (const { digest } of shown) steps.add(digest);
    const isShown = ({ vertex }: { readonly vertex: string }) => steps.has(vertex);
    update({
      vertexes: shown,
      statuses: statuses.filter(isShown),
      logs: logs.filter(isShown),
      warnings: [],
    });
  };
}

/** COPY of each file. A pattern that matches nothing is no error, but a missing name is. */
function copyAll(names: readonly string[]): string {
  const lines = names.map((name, at) => {
    const escaped = name.replace(/[\\*?[\]]/g, "\\$&");
    const pattern = `${escaped.slice(0, -1)}[${escaped.at(-1)}]`;
    return `COPY ${JSON.stringify([pattern, `/${at}/`])}\n`;
  });
  return `FROM scratch\n${lines.join("")}`;
}

async function unlessMissing(reading: Promise<Uint8Array>): Promise<Uint8Array | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof RpcError && /no such file or directory|not found/.test(error.message)) {
      return undefined;
    }
    throw error;
  }
}
