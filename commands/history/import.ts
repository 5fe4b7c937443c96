import { innermostText } from "../../base/error_text.ts";
import { openStdin, streamOf } from "../../builds/inputs/stdin.ts";
import { desktopSockets } from "./records/desktop.ts";
import { BuilderError } from "../../builders/builder_error.ts";
import type { Env } from "../../transports/transport.ts";
import { osReason } from "../../base/os_reason.ts";
import { defineCommand } from "../../cli/command.ts";
import type { Deps } from "../../cli/deps.ts";
import { absolutePath } from "../../base/paths.ts";
import { openUrl } from "./records/open_url.ts";

export const command = defineCommand({
  args: { usage: "[OPTIONS] -", min: 0, max: 0 },
  description: "Import build records into Docker Desktop\n\n" +
    "Docker Desktop on this machine gets a bundle that 'history export' has written.",
  flags: { file: { kind: "array", short: "f", summary: "Import from a file path" } },
  async run({ deps, flags }) {
    const files = flags.file.length > 0 ? flags.file : ["-"];
    const refs: string[] = [];
    for (const file of files) refs.push(...await upload(file, deps));
    if (refs.length === 0) throw new BuilderError("no build records found in the bundle");
    const urls = refs.map((ref) => `docker-desktop://dashboard/build/.imported/_/${ref}`);
    deps.stderr.write(urls.map((url) => `${url}\n`).join(""));
    await openUrl(urls[0]!, deps);
  },
});

/** Docker Desktop answers an upload with the records' names. */
async function upload(file: string, deps: Deps): Promise<string[]> {
  const socket = socketOf(deps.env);
  const body = file === "-" ? streamOf(openStdin(deps)) : (await open(file, deps.cwd)).readable;
  try {
    using client = Deno.createHttpClient({ proxy: { transport: "unix", path: socket } });
    const answer = await fetch("http://docker-desktop/upload", {
      method: "POST",
      body,
      client,
      signal: deps.signal,
    });
    const text = await answer.text();
    if (answer.status !== 200) throw new BuilderError(`failed to import build: ${text.trim()}`);
    return namesIn(text);
  } catch (cause) {
    deps.signal.throwIfAborted();
    if (cause instanceof BuilderError) throw cause;
    throw new BuilderError(
      `failed to send request, check if Docker Desktop is running: ${innermostText(cause)}`,
      { hint: `it should listen on ${socket}; only Docker Desktop can import a bundle`, cause },
    );
  }
}

function namesIn(answer: string): string[] {
  let names: unknown;
  try {
    names = JSON.parse(answer) ?? [];
  } catch (cause) {
    throw new BuilderError(`failed to decode response: ${(cause as Error).message}`, { cause });
  }
  if (Array.isArray(names) && names.every((name) => typeof name === "string")) return names;
  throw new BuilderError("failed to decode response: no list of names");
}

async function open(file: string, cwd: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(absolutePath(file, cwd));
  } catch (cause) {
    throw new BuilderError(`failed to open file ${file}: open ${file}: ${osReason(cause)}`, {
      cause,
    });
  }
}

/**
 * The socket on which Docker Desktop takes bundles. Throws `BuilderError` if this system has none.
 */
function socketOf(env: Env): string {
  if (Deno.build.os === "windows") {
    throw new BuilderError("fairlead can't import into Docker Desktop for Windows yet", {
      hint: "open the file in Docker Desktop: Builds, Import builds",
    });
  }
  const [socket] = desktopSockets(env);
  if (socket === undefined) throw new BuilderError("failed to get user home directory");
  return socket;
}
