import { openStore } from "../../builders/builder.ts";
import { defineCommand } from "../../cli/command.ts";
import { type Deps, withSignal } from "../../cli/deps.ts";
import type { GlobalValues } from "../../cli/flags/spec.ts";
import { reachNodes } from "../../cli/builders/reached_nodes.ts";
import { desktopIsInstalled, desktopUrl } from "./records/desktop.ts";
import { openUrl } from "./records/open_url.ts";
import { findRecord } from "./records/records.ts";
import { onAbort } from "../../base/async.ts";

export const command = defineCommand({
  args: { usage: "[OPTIONS] [REF]", min: 0, max: 1 },
  description: "Open build records in Docker Desktop, or in the browser\n\n" +
    "Without Docker Desktop, or with --addr, it serves pages of all builders' builds to this machine:\n" +
    "timelines, logs, inputs, attachments and comparisons. The pages follow running\n" +
    "builds. The server ends when the last page is closed, or on Ctrl-C. With REF, it opens the page of\n" +
    "that build.",
  flags: {
    addr: {
      kind: "string",
      default: "127.0.0.1:0",
      summary: "Address to serve the pages at",
    },
  },
  async run({ deps, args: [ref], flags, given, global }) {
    if (!given.has("addr") && desktopIsInstalled(deps.env)) {
      await using nodes = await reachNodes(deps, global);
      const found = await findRecord(nodes, ref ?? "", { signal: deps.signal });
      nodes.warn(deps);
      return await openUrl(desktopUrl(found), deps);
    }
    await servePages(deps, { ref, address: flags.addr, global });
  },
});

async function servePages(
  deps: Deps,
  { ref, address, global }: { ref: string | undefined; address: string; global: GlobalValues },
): Promise<void> {
  const { serveSecretly } = await import("./open/secret_server.ts");
  const { openAnswers } = await import("./open/open_server.ts");
  const { watchBuilds } = await import("./open/builds_watch.ts");
  const { viewers } = await import("./open/viewers.ts");
  const { addressOf } = await import("./open/list_page.ts");
  const first = ref === undefined ? "" : addressOf(await named(deps, global, ref));
  await deps.listen();
  const stopped = Promise.withResolvers<void>();
  using _stopping = onAbort(deps.signal, stopped.resolve);
  const ended = new AbortController();
  const own = withSignal(deps, ended.signal);
  const store = openStore(deps.env);
  const watch = watchBuilds(own, global, store);
  const pages = viewers();
  {
    await using served = serveSecretly(
      address,
      openAnswers({ watch, viewers: pages, deps: own, store }),
    );
    // The first page of a build can be shown only when its builder has answered.
    if (first !== "") await Promise.race([watch.ready, stopped.promise]);
    const url = `${served.url}${first}`;
    deps.stderr.write(
      `Builds are shown at ${url}, until Ctrl-C or until the last page is closed\n`,
    );
    // Without a desktop there is still the address.
    await openUrl(url, deps).catch(() => {});
    await Promise.race([stopped.promise, pages.gone]);
    if (!deps.signal.aborted) {
      deps.stderr.write("The last page was closed, so the server has ended\n");
    }
    ended.abort();
    pages.end();
  }
  await watch.closed;
}

async function named(deps: Deps, global: GlobalValues, ref: string) {
  await using nodes = await reachNodes(deps, global);
  const found = await findRecord(nodes, ref, { signal: deps.signal });
  nodes.warn(deps);
  return found;
}
