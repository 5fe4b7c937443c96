/** Web servers on loopback. */

export interface WebServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
}

export function webServer(handler: (request: Request) => Response | Promise<Response>): WebServer {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, handler);
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

export interface FileServer extends WebServer {
  /** Paths of the requests so far. */
  readonly asked: readonly string[];
}

/** @param files by path, as `/folder/file`; others are not found */
export function fileServer(
  files: Readonly<Record<string, string | Uint8Array<ArrayBuffer>>>,
): FileServer {
  const asked: string[] = [];
  const server = webServer(({ url }) => {
    const { pathname } = new URL(url);
    asked.push(pathname);
    const file = files[pathname];
    return file === undefined ? new Response("", { status: 404 }) : new Response(file);
  });
  return { ...server, asked };
}
