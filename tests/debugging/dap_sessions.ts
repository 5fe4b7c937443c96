/**
 * Sessions of the debug adapter protocol: the requests of a client, and the answers and events of
 * any adapter. Paths, digests, times and numbers of frames differ from run to run, and are left
 * out.
 */
import type { Workspace } from "../build/workspace.ts";
import type { DapClient, Json } from "./dap_client.ts";

/** One thing that a client does; each adds a line or several to the record. */
type Step =
  /** A request; its answer or its error is recorded. */
  | { readonly ask: string; readonly args?: Json }
  /** Waits for the next event of a kind. */
  | { readonly event: string }
  /** Goes on with this request, waits for the stop, and records the stack. */
  | { readonly go: string }
  /** Opens variables of the innermost frame by their names, and records the last list. */
  | { readonly open: readonly string[] };

/** A session from `initialize` to the adapter's end. */
export interface Session {
  readonly name: string;
  readonly dockerfile: string;
  readonly args?: readonly string[];
  /** Arguments of launch besides the Dockerfile and the context. */
  readonly launch?: Json;
  readonly breakpoints?: readonly number[];
  readonly steps: readonly Step[];
}

const stages = `ARG WHO=world
FROM busybox AS one
ARG WHO
WORKDIR /w
RUN echo $WHO > f
FROM one AS two
COPY --from=one /w /v
ENV GREETING=hi
RUN echo done
`;

export const sessions: readonly Session[] = [
  {
    name: "breakpoints and steps through stages",
    dockerfile: stages,
    breakpoints: [5, 9],
    steps: [
      { go: "" },
      { open: ["Arguments", "exec"] },
      { open: ["Arguments", "exec", "env"] },
      { open: ["Arguments", "platform"] },
      { open: ["File Explorer", "/", "w/"] },
      { go: "next" },
      { open: ["File Explorer"] },
      { go: "stepOut" },
      { go: "stepIn" },
      { ask: "threads" },
      { ask: "continue", args: { threadId: 1 } },
    ],
  },
  {
    name: "a failed step",
    dockerfile: "FROM busybox\nWORKDIR /w\nRUN echo report > made && cat nothing\n",
    launch: { stopOnEntry: true },
    steps: [
      { go: "" },
      { go: "continue" },
      { open: ["Arguments", "exec", "args"] },
      { open: ["File Explorer", "/", "w/"] },
      { open: ["File Explorer", "/", "w/", "made"] },
      { ask: "continue", args: { threadId: 1 } },
    ],
  },
  {
    name: "a breakpoint in a stage that a mount needs",
    dockerfile: `FROM busybox AS tool
RUN echo tool > /tool
FROM busybox
RUN --mount=type=bind,from=tool,target=/t cat /t/tool
`,
    breakpoints: [2, 4],
    steps: [
      { go: "" },
      { go: "continue" },
      { open: ["File Explorer"] },
      { go: "stepOut" },
      { ask: "continue", args: { threadId: 1 } },
    ],
  },
  {
    name: "questions without an answer",
    dockerfile: "FROM busybox\nRUN echo one\n",
    breakpoints: [2],
    steps: [
      { go: "" },
      { ask: "initialize" },
      { ask: "gotoTargets" },
      { ask: "source", args: { source: { path: "/nowhere" } } },
      { ask: "source", args: { source: { path: "$DIR/ctx/Dockerfile" } } },
      { ask: "evaluate", args: { expression: "dance", context: "repl" } },
      { ask: "evaluate", args: { expression: "exec", context: "repl" } },
      { ask: "continue", args: { threadId: 1 } },
    ],
  },
];

/** Puts an adapter through a session. The answers and events are in the order of the questions. */
export async function record(
  session: Session,
  it: Workspace,
  start: (it: Workspace, args: readonly string[]) => DapClient | Promise<DapClient>,
): Promise<string[]> {
  it.write({ "ctx/Dockerfile": session.dockerfile });
  await using client = await start(it, session.args ?? []);
  const lines: string[] = [];
  const note = (...words: unknown[]) => {
    const texts = words.map((word) => typeof word === "string" ? word : JSON.stringify(word));
    lines.push(steady(texts.join(" "), it.dir));
  };
  const path = it.path("ctx/Dockerfile");
  const { supportsConfigurationDoneRequest } = await client.request("initialize");
  note("initialize", { supportsConfigurationDoneRequest });
  const launch = { dockerfile: path, contextPath: it.path("ctx"), ...session.launch };
  const launched = client.request("launch", launch);
  await client.event("initialized");
  const breakpoints = (session.breakpoints ?? []).map((line) => ({ line }));
  const set = await client.request("setBreakpoints", { source: { path }, breakpoints });
  note("setBreakpoints", set.breakpoints.map(({ verified, line }: Json) => ({ verified, line })));
  await client.request("configurationDone");
  await launched;
  let frame = 0;
  for (const step of session.steps) {
    if ("ask" in step) {
      const args = JSON.parse(JSON.stringify(step.args ?? {}).replaceAll("$DIR", it.dir));
      await client.request(step.ask, args).then(
        (body) => note(step.ask, "answers", step.ask === "continue" ? {} : body ?? {}),
        (error) => note(step.ask, "fails:", (error as Error).message),
      );
    } else if ("event" in step) {
      note("event", step.event, await client.event(step.event));
    } else if ("go" in step) {
      if (step.go !== "") await client.request(step.go, { threadId: 1 });
      const { reason, description, hitBreakpointIds } = await client.event("stopped");
      note(step.go || "launch", "stops:", { reason, description, hitBreakpointIds });
      const { stackFrames } = await client.request("stackTrace", { threadId: 1 });
      frame = stackFrames[0].id;
      for (const { name, line, source } of stackFrames) note("  at", `${line} ${name}`, source);
    } else {
      note("open", step.open.join(" > "));
      for (const { name, value } of await open(client, frame, step.open)) {
        note("  ", `${name} = ${JSON.stringify(value)}`);
      }
    }
  }
  note("exited", await client.event("exited"));
  note("ends", { code: (await client.end()).code });
  const told: string[] = [], placed = new Set<string>();
  for (const { event, body } of client.events) {
    // buildx says at each step that a breakpoint failed, and that one is verified.
    if (event === "stopped" || body?.breakpoint?.reason === "failed") continue;
    if (event === "breakpoint") {
      const { line, verified } = body.breakpoint;
      placed.add(`event breakpoint line ${line} verified ${verified}`);
    } else {
      const words = ["event", event, body?.reason ?? "", body?.source?.path ?? ""];
      told.push(steady(words.join(" ").trim(), it.dir));
    }
  }
  // buildx tells of breakpoints in any order.
  return [...lines, ...told, ...[...placed].sort()];
}

async function open(client: DapClient, frameId: number, names: readonly string[]): Promise<Json[]> {
  let { scopes: list } = await client.request("scopes", { frameId });
  for (const name of names) {
    const found = list.find((item: Json) => item.name === name);
    if (!found) throw new Error(`no ${name} among ${JSON.stringify(list)}`);
    const { variablesReference } = found;
    list = (await client.request("variables", { variablesReference })).variables;
  }
  return list;
}

function steady(text: string, dir: string): string {
  return text.replaceAll(dir, "$DIR")
    .replace(/sha256:[0-9a-f]{64}/g, "sha256:…")
    .replace(/\b(amd64|arm64)\b/g, "ARCH")
    .replace(/[A-Z][a-z]{2} \d+ \d\d:\d\d:\d\d \d{4}/g, "TIME");
}
