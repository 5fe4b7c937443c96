/** Runs a program in a container of a pod; its stdin and stdout are a byte stream. */
import { fieldsOf } from "../../base/json.ts";
import { maybe } from "../../base/maybe.ts";
import { DIAL_STDIO } from "../engine/container.ts";
import { type ChannelEnd, channelStream } from "./channels.ts";
import { endings } from "./diagnosis/exec_end.ts";
import { brokenOff, type PodDial } from "./pod_dial.ts";
import { openSocket } from "./pod_socket.ts";
import { mapsIn, textsIn } from "./values.ts";
import { said } from "../net/ending.ts";
import { stderrTail } from "../net/stderr_tail.ts";
import type { ByteStream } from "../byte_stream.ts";
import { lostOrFailed } from "../errors.ts";
import type { DialContext } from "../transport.ts";

/** The v5 protocol, since Kubernetes 1.29, has a message for the end of stdin; v4 has none. */
const PROTOCOLS = ["v5.channel.k8s.io", "v4.channel.k8s.io"];

const STDOUT = 1;
const STDERR = 2;
const STATUS = 3;
/** The characters of a status that are kept. */
const LONGEST_STATUS = 64 << 10;

/** Starts the program. Throws as `openSocket`. */
export async function execInPod(
  dial: PodDial,
  container: string | undefined,
  context: DialContext,
): Promise<ByteStream> {
  const query = new URLSearchParams({ stdin: "true", stdout: "true", stderr: "true" });
  if (container !== undefined) query.set("container", container);
  for (const word of DIAL_STDIO) query.append("command", word);
  const began = performance.now();
  const { socket, protocol } = await openSocket(dial, `exec?${query}`, PROTOCOLS, context);
  const tail = stderrTail();
  const decoder = new TextDecoder();
  let status = "";
  return channelStream(socket, {
    reads: STDOUT,
    skips: 0,
    halfCloses: protocol === PROTOCOLS[0],
    other(channel, bytes) {
      if (channel === STDERR) tail.add(bytes);
      else if (channel === STATUS && status.length < LONGEST_STATUS) {
        status += decoder.decode(bytes, { stream: true });
      }
    },
    ...endings(dial, began, {
      context,
      failure: (end) => failureOf(dial, container, { ...end, status, stderr: tail.text() }),
      again: (anew) => execInPod(dial, container, anew),
    }),
  });
}

/** The facts that are known at the program's end. */
interface Ending extends ChannelEnd {
  /** JSON of a `metav1.Status`; empty when none came. */
  readonly status: string;
  readonly stderr: string;
}

function failureOf(
  dial: PodDial,
  container: string | undefined,
  { any, broken, status, stderr }: Ending,
): Error | undefined {
  const answer = maybe(() => JSON.parse(status) as unknown);
  if (answer === undefined) return brokenOff(dial, any, broken);
  const { status: result, message = "" } = textsIn(answer, "status", "message");
  if (result === "Success") return undefined;
  const { message: code } = mapsIn(fieldsOf(fieldsOf(answer).details).causes)
    .map((cause) => textsIn(cause, "reason", "message"))
    .find(({ reason }) => reason === "ExitCode") ?? {};
  const [program] = DIAL_STDIO;
  const where = container === undefined
    ? `pod ${dial.pod}`
    : `container ${container} of ${dial.pod}`;
  // Without an exit code, it was the container runtime that could not start the program.
  if (/executable file not found|no such file or directory/i.test(message) && code === undefined) {
    return lostOrFailed(any, `${where} has no ${program}`, {
      endpoint: dial.endpoint,
      step: "exec",
      code: "unsupported",
      hint:
        `use an image that has ${program}, such as moby/buildkit, or let the daemon listen on ` +
        "a port and give mode=port-forward",
    });
  }
  const command = DIAL_STDIO.join(" ");
  const exit = code === undefined ? `: ${message}` : ` with exit code ${code}`;
  return lostOrFailed(any, `${command} in ${where} failed${exit}${said(stderr)}`, {
    endpoint: dial.endpoint,
    step: "exec",
    code: "unreachable",
    hint: any
      ? `look at the log of the daemon in pod ${dial.pod}`
      : `look at the daemon's log: ${dial.target.kubectl} logs -n ${dial.target.namespace} ` +
        `${dial.pod}${container === undefined ? "" : ` -c ${container}`}`,
  });
}
