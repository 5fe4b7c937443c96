/** Explains why an API server, a proxy in front of it or a kubelet refused a dial of a pod. */
import { errorText } from "../../../base/error_text.ts";
import { askKube, KubeRefusal } from "../api.ts";
import type { KubeTarget } from "../config/config.ts";
import { KubeConfigError } from "../config/files.ts";
import { type PodDial, podPath, podsPath } from "../pod_dial.ts";
import { defaultContainer, type Pod, podOf, podsIn, stateOf } from "../pod.ts";
import { isStarting } from "../starting.ts";
import { WebSocketError } from "../../net/websocket.ts";
import { DialError, type DialErrorCode } from "../../errors.ts";
import { nearest } from "../../../base/nearest.ts";
import type { DialContext, DialStep } from "../../transport.ts";

/** A failed dial; its cluster or its pod may not be known yet. */
interface Failed {
  readonly target: KubeTarget | undefined;
  readonly pod: string | undefined;
  readonly endpoint: string;
}

type Fail = (
  problem: string,
  code: DialErrorCode,
  hint: string,
  more?: { step?: DialStep; retryable?: boolean },
) => DialError;

/** Turns an error of a dial into the error for the user. Asks the API server about the pod. */
export async function explainKube(
  { target, pod, endpoint }: Failed,
  error: unknown,
  context: DialContext,
): Promise<unknown> {
  const fail: Fail = (problem, code, hint, { step = "exec", retryable = false } = {}) =>
    new DialError(problem, { endpoint, step, code, hint, retryable, cause: error });
  if (error instanceof KubeConfigError) {
    return fail(error.message, "config", error.hint, { step: "resolve" });
  }
  if (target === undefined) return error;
  if (error instanceof WebSocketError) {
    const hint = "a proxy in front of the API server must let WebSockets through unchanged";
    const problem = `the API server ${target.server} can't be used: ${error.message}`;
    return fail(problem, "unsupported", hint, { step: "upgrade" });
  }
  if (!(error instanceof KubeRefusal)) return error;
  if (error.status === 401) return unauthorized(target, error, fail);
  if (error.status === 403 && QUOTA.test(error.message)) return overQuota(target, error, fail);
  if (error.status === 403 && error.reason !== undefined) {
    if (!await isStarting(target, endpoint, context)) return forbidden(target, error, fail);
    const problem =
      `the API server ${target.server} has just been started, and accepts no requests yet`;
    return fail(problem, "unreachable", "try again in a moment", { retryable: true });
  }
  if (isBusy(error)) {
    const problem = `${whoOf(target, error)} is not ready, or is overloaded: ${error.message}`;
    return fail(
      problem,
      "unreachable",
      "try again in a moment, and check the cluster's health",
      {
        step: pod === undefined ? "resolve" : "upgrade",
        retryable: true,
      },
    );
  }
  if (error.reason === undefined && !inner(error)) return notKubernetes(target, pod, error, fail);
  if (pod === undefined && error.status === 400) {
    const problem = `the selector can't be understood: ${error.message}`;
    const hint = "write it as kubectl takes it: app=buildkitd,tier in (a,b)";
    return fail(problem, "config", hint, { step: "resolve" });
  }
  if (pod === undefined) {
    const hint = `see ${target.kubectl} get pods`;
    return fail(`the API server refused: ${error.message}`, "internal", hint, { step: "resolve" });
  }
  const dial = { target, pod, endpoint };
  const found = await askForPod(dial, context);
  if (found === undefined && /^pods ".*" not found$/.test(error.message)) {
    return await noPod(dial, fail, context);
  }
  return ofPod(dial, found, error, fail);
}

/** Whether a refusal is temporary: too many requests, or a server or gateway that waits. */
function isBusy({ status, message }: KubeRefusal): boolean {
  if (/dialing backend|dial tcp/.test(message)) return false;
  return [429, 502, 503, 504].includes(status) || /etcdserver: .*(timed out|leader)/.test(message);
}

/** The name, for messages, of the API server or of the proxy that answered for it. */
function whoOf({ server }: KubeTarget, { by, reason }: KubeRefusal): string {
  if (reason !== undefined) return `the API server ${server}`;
  return `the server at ${server}${by === undefined ? "" : ` (it is ${by})`}`;
}

function notKubernetes(
  target: KubeTarget,
  pod: string | undefined,
  error: KubeRefusal,
  fail: Fail,
): DialError {
  const who = whoOf(target, error);
  // A proxy may pass plain requests and refuse upgrades; so only these cases are no API server.
  if (pod === undefined || error.status === 404 || /HTTPS server/.test(error.message)) {
    const hint = `check the server of ${target.shown}: its scheme and its path`;
    const step = pod === undefined ? "resolve" : "upgrade";
    return fail(`${who} is not an API server: ${error.message}`, "config", hint, { step });
  }
  return fail(
    `the WebSocket upgrade was refused by ${who}: ${error.message}`,
    "unsupported",
    "a proxy or load balancer in front of the API server must let WebSocket upgrades through",
    { step: "upgrade" },
  );
}

/** Whether a refusal without a `Status` is the kubelet's, which the API server passes on. */
function inner({ message, status }: KubeRefusal): boolean {
  return status === 500 ||
    /container|kubelet|unable to upgrade connection|^pod does not exist/i.test(message);
}

function unauthorized(target: KubeTarget, error: KubeRefusal, fail: Fail): DialError {
  const nobody = /^no credentials/.test(error.shown);
  const known = target.inPod
    ? "check that the account still exists, and that the token is for this cluster: the kubelet renews it"
    : "they are wrong, or have expired: log in again, or get a new kubeconfig";
  return fail(
    `the API server ${target.server} does not accept ${error.shown}: ${error.message}`,
    "unauthenticated",
    nobody ? `give the user of ${target.shown} a token, a certificate or an exec plugin` : known,
    { step: "authenticate" },
  );
}

const QUOTA = /is forbidden: (?:exceeded quota|failed quota): (.*)/;

function overQuota({ namespace, kubectl }: KubeTarget, { message }: KubeRefusal, fail: Fail) {
  return fail(
    `namespace ${namespace} is at its quota: ${QUOTA.exec(message)![1]}`,
    "denied",
    `free some resources, or request less; see ${kubectl} describe quota -n ${namespace}`,
    { step: "resolve" },
  );
}

/** `pods "x" is forbidden: User "u" cannot get resource "pods/exec" in API group "" in the …`. */
const FORBIDDEN = /User "([^"]*)" cannot (\w+) resource "([^"]*)"(?: in API group "([^"]*)")?/;

/** The needed verbs, by resource. An upgrade is a GET; since 1.35 it also needs `create`. */
const VERBS: Readonly<Record<string, string>> = {
  pods: "get, list",
  "pods/exec": "create, get",
  "pods/portforward": "create, get",
  deployments: "get, create, patch, delete",
  statefulsets: "get, create, patch, delete",
  configmaps: "get, create, update, delete",
};

function forbidden(target: KubeTarget, error: KubeRefusal, fail: Fail): DialError {
  // Kubernetes 1.36 checks an upgrade a second time, for the verb "create", and gives no reason.
  const [, subresource] = /\/(exec|portforward)$/.exec(error.path) ?? [];
  const unsaid = /is forbidden: *$/.test(error.message) && subresource !== undefined
    ? ["", error.shown, "create", `pods/${subresource}`]
    : [];
  const [, user, verb = "", resource = "", group = ""] = FORBIDDEN.exec(error.message) ?? unsaid;
  const { namespace } = target;
  if (user === undefined) {
    const hint = `ask the cluster's administrator; see ${target.kubectl} auth can-i --list`;
    return fail(`the API server refused: ${error.message}`, "denied", hint);
  }
  if (user === "system:anonymous") {
    return fail(
      `the API server ${target.server} refuses access with ${error.shown}`,
      "unauthenticated",
      `give the user of ${target.shown} a token, a certificate or an exec plugin`,
      { step: "authenticate" },
    );
  }
  const verbs = VERBS[resource] ?? verb;
  const page = ["deployments", "statefulsets", "configmaps"].includes(resource)
    ? "; docs/builders.md has the whole Role"
    : "";
  return fail(
    `${user} may not ${verb} ${resource} in namespace ${namespace}`,
    "denied",
    `bind it to a Role in namespace ${namespace} with the rule ` +
      `{apiGroups: ["${group}"], resources: [${resource}], verbs: [${verbs}]}${page}`,
  );
}

async function askForPod(dial: PodDial, context: DialContext): Promise<Pod | undefined> {
  try {
    return podOf(await askKube(dial.target, podPath(dial), dial.endpoint, context));
  } catch (error) {
    context.signal.throwIfAborted();
    context.log(`asked for the pod: ${errorText(error)}`);
    return undefined;
  }
}

async function noPod({ target, pod, endpoint }: PodDial, fail: Fail, context: DialContext) {
  const { namespace, kubectl } = target;
  const list = await askKube(target, podsPath(target), endpoint, context)
    .catch(() => undefined);
  const names = podsIn(list).map(({ name }) => name);
  const near = nearest(pod, names);
  return fail(
    `no pod ${JSON.stringify(pod)} in namespace ${namespace}`,
    "not-found",
    near !== undefined
      ? `did you mean ${JSON.stringify(near)}?`
      : names.length > 0
      ? `there are ${names.slice(0, 8).join(", ")}${names.length > 8 ? ", …" : ""}`
      : `see ${kubectl} get pods -A; the option namespace names another`,
  );
}

function ofPod({ target, pod }: PodDial, found: Pod | undefined, error: KubeRefusal, fail: Fail) {
  const { namespace, kubectl } = target;
  const see = `see ${kubectl} describe pod -n ${namespace} ${pod}`;
  const names = found?.containers ?? [];
  const [, container] = /container (\S+) is not valid for pod/.exec(error.message) ?? [];
  if (container !== undefined) {
    const hint = names.length > 0 ? `it has ${names.join(", ")}` : see;
    return fail(`pod ${pod} has no container ${JSON.stringify(container)}`, "not-found", hint);
  }
  const state = found === undefined ? "ready" : stateOf(found);
  if (/dialing backend|dial tcp/.test(error.message)) {
    const problem = `the API server can't reach the node of pod ${pod}: ${error.message}`;
    const hint = "check that the kubelet is running there, and that its port can be reached";
    return fail(problem, "unreachable", hint, { retryable: true });
  }
  if (/^pod does not exist/.test(error.message) && found !== undefined) {
    const problem = `the node of pod ${pod} doesn't know the pod`;
    const hint = "its kubelet may just have been started: try again in a moment";
    return fail(problem, "unreachable", hint, { retryable: true });
  }
  if (state !== "ready" || /container not found|host assigned|completed pod/.test(error.message)) {
    const problem = `pod ${pod} is not running: it is ${
      state === "ready" ? "not there yet" : state
    }`;
    return fail(problem, "unreachable", see, { retryable: /Pending|not/.test(state) });
  }
  const code = error.status === 403 ? "denied" : "internal";
  return fail(`the API server refused: ${error.message}`, code, see);
}

/** The container that kubectl would choose, when the API server asks for a container's name. */
export async function usualContainer(
  dial: PodDial,
  error: KubeRefusal,
  context: DialContext,
): Promise<string | undefined> {
  if (!/container name must be specified/.test(error.message)) return undefined;
  const pod = await askForPod(dial, context);
  return pod === undefined ? undefined : defaultContainer(pod);
}
