/** Git repositories on loopback, for contexts and definitions that the daemon fetches. */
import { accepts, freePort } from "./daemon.ts";
import { check } from "./run.ts";
import { onPath } from "./tool.ts";

/** A server's URL; a repository's is below it. */
export interface GitServer extends AsyncDisposable {
  readonly url: string;
}

/** The reason why git is missing; undefined where git exists. */
export async function missingGit(): Promise<string | undefined> {
  return await onPath("git") ? undefined : "git is not installed (Debian's package git)";
}

/** Commits all files of a folder, which becomes a repository at the first time, to `main`. */
export async function commitAll(folder: string, message: string): Promise<void> {
  const git = (...args: string[]) =>
    check("git", ["-C", folder, ...args], { env: { GIT_CONFIG_GLOBAL: "/dev/null" } });
  await git("init", "-q", "-b", "main");
  await git("add", ".");
  await git("-c", "user.name=t", "-c", "user.email=t@t", "commit", "-q", "-m", message);
}

/** Serves the repositories of a folder as `git://`. */
export async function gitDaemon(folder: string): Promise<GitServer> {
  const port = freePort();
  const child = new Deno.Command("git", {
    args: [
      "daemon",
      "--reuseaddr",
      "--export-all",
      `--base-path=${folder}`,
      "--listen=127.0.0.1",
      `--port=${port}`,
    ],
    stdout: "null",
    stderr: "null",
    stdin: "null",
  }).spawn();
  for (let tries = 0; !await accepts({ transport: "tcp", hostname: "127.0.0.1", port }); tries++) {
    if (tries > 100) throw new Error("git daemon doesn't listen");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    url: `git://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      child.kill();
      await child.status;
    },
  };
}

/**
 * Serves repositories over http by git's own CGI program. A client must send `token` as its
 * password.
 */
export function gitHttp(folder: string, token: string): GitServer {
  const wanted = btoa(`x-access-token:${token}`);
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
    const [scheme, shown] = (request.headers.get("authorization") ?? "").split(" ");
    if (/^basic$/i.test(scheme!) && shown === wanted) return httpBackend(folder, request);
    return new Response("", { status: 401, headers: { "www-authenticate": 'Basic realm="git"' } });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** https://git-scm.com/docs/git-http-backend */
async function httpBackend(folder: string, request: Request): Promise<Response> {
  const url = new URL(request.url);
  const header = (name: string) => request.headers.get(name) ?? "";
  const child = new Deno.Command("git", {
    args: ["http-backend"],
    env: {
      GIT_PROJECT_ROOT: folder,
      GIT_HTTP_EXPORT_ALL: "1",
      GIT_PROTOCOL: header("git-protocol"),
      HTTP_CONTENT_ENCODING: header("content-encoding"),
      CONTENT_TYPE: header("content-type"),
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method,
      REMOTE_USER: "t",
    },
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new Uint8Array(await request.arrayBuffer()));
  await writer.close();
  const { stdout } = await child.output();
  const head = new TextDecoder("latin1").decode(stdout).split("\r\n\r\n", 1)[0]!;
  const headers = new Headers(
    head.split("\r\n").map((line) => line.split(": ", 2) as [string, string]),
  );
  const status = Number(headers.get("status")?.split(" ")[0] ?? 200);
  headers.delete("status");
  return new Response(stdout.slice(head.length + 4), { status, headers });
}
