/** Helpers of the tests of `kube-pod`: kubeconfigs of the cluster, dials, and the peer in a pod. */
import assert from "node:assert/strict";
import { stringify } from "yaml";
import { DialError, type DialErrorCode } from "../../transports/errors.ts";
import { kubePod } from "../../transports/schemes/kube_pod.ts";
import type { Connection, DialContext } from "../../transports/transport.ts";
import type { Kubernetes } from "../harness/kubernetes.ts";
import { deletePod, makePod } from "../harness/kube_pod.ts";
import type { Fixture } from "./contract.ts";
import { soon } from "../../transports/contract/expect.ts";
import { context, ownProcessIfAsked } from "./contract_help.ts";
import { startPeer } from "./start_peer.ts";

ownProcessIfAsked();

/** Parts of a kubeconfig, instead of the admin's. */
export interface KubeconfigParts {
  readonly cluster?: Readonly<Record<string, unknown>>;
  readonly user?: Readonly<Record<string, unknown>>;
  readonly namespace?: string;
}

let count = 0;

/** Writes a kubeconfig with the one context `dev`; by default the admin's. Gives its path. */
export async function writeKubeconfig(
  { server, certs, admin, root }: Pick<Kubernetes, "server" | "certs" | "admin" | "root">,
  { cluster, user, namespace }: KubeconfigParts = {},
): Promise<string> {
  const path = `${root}/kubeconfig${++count}`;
  const context = { cluster: "here", user: "me", ...namespace !== undefined && { namespace } };
  const config = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "dev",
    contexts: [{ name: "dev", context }],
    clusters: [{
      name: "here",
      cluster: cluster ?? { server, "certificate-authority": certs.ca.cert },
    }],
    users: [{
      name: "me",
      user: user ?? { "client-certificate": admin.cert, "client-key": admin.key },
    }],
  };
  await Deno.writeTextFile(path, stringify(config));
  return path;
}

/** A context whose environment holds a kubeconfig, and nothing else. */
export function using(
  kubeconfig: string,
  inner: DialContext = context(),
  variables: Readonly<Record<string, string>> = {},
): DialContext {
  const all: Record<string, string> = { KUBECONFIG: kubeconfig, ...variables };
  return { ...inner, env: (name) => all[name] };
}

export function dialKube(endpoint: string, context: DialContext): Promise<Connection> {
  return kubePod.dial(kubePod.parse(endpoint), context);
}

/** Dials and asks the peer behind it for a word. */
export async function reaches(endpoint: string, context: DialContext): Promise<Connection> {
  const connection = await dialKube(endpoint, context);
  const { stream } = connection;
  await stream.write(new TextEncoder().encode("wait\n"));
  const word = new Uint8Array(16);
  const got = await soon(stream.read(word), "the peer's word", 20_000);
  stream.close();
  assert.equal(new TextDecoder().decode(word.subarray(0, got!)), "ready");
  return connection;
}

/** Dials, and reads until the expected error; its hint counts as part of it. */
export async function fails(
  endpoint: string,
  context: DialContext,
  expected: RegExp,
  code: DialErrorCode,
): Promise<void> {
  const read = async () => {
    const { stream } = await dialKube(endpoint, context);
    try {
      await stream.read(new Uint8Array(100));
    } finally {
      stream.close();
    }
  };
  await assert.rejects(soon(read(), "the error", 20_000), (error) => {
    assert(error instanceof DialError, String(error));
    assert.match(`${error.message}; ${error.hint}`, expected);
    assert(error.message.startsWith("cannot reach kube-pod://"), error.message);
    assert.equal(error.code, code, error.message);
    return true;
  });
}

/** Starts the peer, and a pod in which buildctl gets the peer's address. */
export async function startPeerPod(
  { api }: Kubernetes,
  labels: Readonly<Record<string, string>> = {},
): Promise<Fixture & { readonly port: number; readonly name: string }> {
  const peer = await startPeer();
  const name = `peer${++count}`;
  const folder = peer.socket.slice(0, peer.socket.lastIndexOf("/"));
  const env = { BUILDKIT_HOST: "unix:///peer/s" };
  const containers = { main: { command: ["sleep", "1000000"], env, folder } };
  await makePod(api, { name, labels, containers });
  let gone: Promise<void> | undefined;
  const kill = () =>
    gone ??= (async () => {
      await deletePod(api, name);
      await peer.kill();
    })();
  return {
    name,
    port: peer.port,
    endpoint: `kube-pod://${name}`,
    kill,
    [Symbol.asyncDispose]: kill,
  };
}
