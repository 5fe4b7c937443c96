import { splitEndpoint } from "../endpoint.ts";
import { DialError, interrupted } from "../errors.ts";
import type { Transport } from "../transport.ts";

/** A named pipe of Windows. */
interface NpipeSpec {
  /** The path with slashes, as typed: `//./pipe/buildkitd`. */
  readonly path: string;
}

/** `npipe:////./pipe/NAME`: a named pipe of Windows; an error on other systems. */
export const npipe = {
  scheme: "npipe",
  summary: "a named pipe of Windows",
  example: "npipe:////./pipe/buildkitd",
  options: [],

  parse(endpoint: string): NpipeSpec {
    const { address, fail } = splitEndpoint(endpoint, npipe);
    const path = address.replaceAll("\\", "/");
    if (!/^\/\/[^/]+\/pipe\/./i.test(path)) {
      fail(address === "" ? "it has no path" : "it is not the path of a pipe");
    }
    return { path };
  },

  describe,
  host: () => ({ authority: "", name: "" }),
  /** SMB carries a pipe of another machine (`//HOST/pipe/…`), perhaps without encryption. */
  plaintext: ({ path }) => !path.startsWith("//./"),

  async dial(spec, context) {
    const endpoint = describe(spec);
    const { signal } = context;
    if (signal.aborted) throw interrupted(signal, endpoint, "connect");
    if (Deno.build.os !== "windows") {
      throw new DialError("named pipes exist only on Windows", {
        endpoint,
        step: "connect",
        code: "unsupported",
        hint: "on this system a daemon's socket is reached by unix://",
      });
    }
    context.step("connect", spec.path);
    const path = spec.path.replaceAll("/", "\\");
    const { connectPipe } = await import("../net/pipe.ts");
    const stream = await connectPipe(path, endpoint, signal);
    return { stream, authority: "localhost", peer: path, secure: false };
  },
} satisfies Transport<NpipeSpec>;

function describe({ path }: NpipeSpec): string {
  return `npipe://${path}`;
}
