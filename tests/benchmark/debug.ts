// deno-lint-ignore-file no-console
/**
 * The debug adapters compared: fairlead and buildx serve one client in turn, on one daemon, as an
 * editor uses them. The build's steps come from the cache, so that the adapters are measured.
 */
import { type DapClient, startAdapter } from "../debugging/dap_client.ts";
import { pushBaseImage } from "../harness/base_image.ts";
import { startBuildkitd } from "../harness/buildkitd.ts";
import { startRegistry } from "../harness/registry.ts";
import { check } from "../harness/run.ts";
import { need } from "../harness/tool.ts";
import { workspace } from "../build/workspace.ts";
import { buildTool } from "./measure.ts";
import { median } from "./table.ts";

const DOCKERFILE = `FROM busybox AS tools
WORKDIR /tools
COPY . .
RUN echo one > one
RUN echo two > two
FROM busybox
RUN echo 1 > /1
RUN echo 2 > /2
RUN echo 3 > /3
RUN echo 4 > /4
COPY --from=tools /tools /tools
RUN echo 5 > /5
RUN echo 6 > /6
`;

/** Milliseconds by what was waited for; several values where it happens several times. */
type Times = Map<string, number[]>;

const PHASES = [
  ...["start to the answer to initialize", "start to the first stop (entry)"],
  ...["launch to the first stop (entry)", "start to the first stop (breakpoint)"],
  ...["launch to the first stop (breakpoint)", "next", "step in, step out"],
  ...["continue to a breakpoint", "stack, scopes and arguments of a stop"],
  ...["from the last continue to the end", "client CPU of a session"],
] as const;
type Phase = typeof PHASES[number];
type Note = (phase: Phase, ms: number) => void;

/**
 * The milliseconds that an editor takes before it sends these requests. They are the least of five
 * sessions of VS Code 1.139, with an adapter that answered at once. Its user presses no two keys
 * within `step`.
 */
const EDITOR = { launch: 6, setBreakpoints: 5, configurationDone: 18, step: 100 };

/** Waits before a request. */
type Pause = (before: keyof typeof EDITOR) => Promise<void> | undefined;

const clients: Readonly<Record<string, Pause>> = {
  "a client without pauses": () => undefined,
  "an editor": (before) => new Promise((resolve) => setTimeout(resolve, EDITOR[before])),
};

/** Prints the medians of both adapters, and fairlead's share of buildx's. */
export async function debug(
  fairlead: readonly string[],
  runs: number,
  { priority, least }: { readonly priority: boolean; readonly least: boolean },
): Promise<void> {
  await using registry = await startRegistry();
  const config = registry.config({ mirror: true });
  await using daemon = await startBuildkitd({ dir: "/dev/shm", config });
  await pushBaseImage(daemon.address, registry.host);
  await using it = await workspace(daemon.address);
  it.write({ Dockerfile: DOCKERFILE });
  for (let at = 0; at < 20; at++) it.write({ [`ctx/file${at}`]: `${at}\n` });
  const env = { ...it.env, BUILDX_EXPERIMENTAL: "1" };
  const tool = await buildTool("measure");
  const adapters = { fairlead, buildx: [await need("buildx")] };
  const empty = () =>
    new Map(Object.keys(adapters).map((name): [string, Times] => [name, new Map()]));
  const times = new Map(Object.keys(clients).map((client) => [client, empty()]));

  async function measure(name: keyof typeof adapters, client: string, isNoted: boolean) {
    const own = times.get(client)!.get(name)!;
    const note: Note = (phase, ms) => {
      if (isNoted) own.set(phase, [...own.get(phase) ?? [], ms]);
    };
    for (const stop of ["entry", "breakpoint"] as const) {
      const paths = { path: it.path("Dockerfile"), contextPath: it.path("ctx") };
      const counted = it.path("measured");
      const command = [tool, counted, ...adapters[name], "dap", "build"];
      const started = performance.now();
      await using adapter = startAdapter(command, { cwd: it.dir, env });
      await session(adapter, paths, stop, started, note, clients[client]!);
      await adapter.end();
      note("client CPU of a session", JSON.parse(it.read("measured")).cpu * 1000);
    }
  }

  for (let run = -1; run < runs; run++) {
    // Only once the steps are cached, because a control group refuses programs with priority. The
    // adapters inherit it.
    if (run === 0 && priority) {
      for (const pid of [Deno.pid, daemon.pid, registry.pid]) await raise(pid);
    }
    for (const client of Object.keys(clients)) {
      for (const name of ["fairlead", "buildx"] as const) await measure(name, client, run >= 0);
    }
  }
  const of = least ? (values: readonly number[]) => Math.min(...values) : median;
  for (const [client, both] of times) {
    const what = `${runs} sessions each of either kind, ${least ? "least" : "median"} milliseconds`;
    console.log(`### debug, ${client} (${what})`);
    console.log("| | fairlead | buildx | ratio |\n| --- | --- | --- | --- |");
    for (const phase of PHASES) {
      const [own = 0, peer = 0] = [...both.values()].map((all) => of(all.get(phase) ?? []));
      const texts = [own.toFixed(1), peer.toFixed(1), `**${(own / peer).toFixed(2)}**`];
      console.log(`| ${[phase, ...texts].join(" | ")} |`);
    }
  }
}

async function session(
  client: DapClient,
  { path, contextPath }: { readonly path: string; readonly contextPath: string },
  first: "entry" | "breakpoint",
  started: number,
  note: Note,
  pause: Pause,
): Promise<void> {
  await client.request("initialize", { adapterID: "dockerfile" });
  note("start to the answer to initialize", performance.now() - started);
  await pause("launch");
  const launchedAt = performance.now();
  const stopOnEntry = first === "entry";
  const launched = client.request("launch", { dockerfile: path, contextPath, stopOnEntry });
  await client.event("initialized");
  await pause("setBreakpoints");
  await client.request("setBreakpoints", {
    source: { path },
    breakpoints: [{ line: stopOnEntry ? 13 : 7 }],
  });
  await pause("configurationDone");
  await client.request("configurationDone");
  await launched;
  await client.event("stopped");
  note(`launch to the first stop (${first})`, performance.now() - launchedAt);
  note(`start to the first stop (${first})`, performance.now() - started);
  const go = async (phase: Phase, command: string) => {
    await pause("step");
    const asked = performance.now();
    await Promise.all([client.request(command, { threadId: 1 }), client.event("stopped")]);
    note(phase, performance.now() - asked);
    await look(client, note);
  };
  if (stopOnEntry) await go("continue to a breakpoint", "continue");
  else {
    for (let step = 0; step < 4; step++) await go("next", "next");
    await go("step in, step out", "stepIn");
    await go("next", "next");
    await go("step in, step out", "stepOut");
    await go("next", "next");
  }
  const asked = performance.now();
  await client.request("continue", { threadId: 1 });
  await client.event("terminated");
  note("from the last continue to the end", performance.now() - asked);
}

async function look(client: DapClient, note: Note): Promise<void> {
  const asked = performance.now();
  const { stackFrames } = await client.request("stackTrace", { threadId: 1 });
  const { scopes } = await client.request("scopes", { frameId: stackFrames[0].id });
  await client.request("variables", { variablesReference: scopes[0].variablesReference });
  note("stack, scopes and arguments of a stop", performance.now() - asked);
}

/** Gives a process, with all its threads, priority over whatever else runs on the machine. */
async function raise(pid: number): Promise<void> {
  await check("chrt", ["-a", "-r", "-p", "5", String(pid)]);
}
