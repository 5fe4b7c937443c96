/** The control plane of a Kubernetes: etcd, and the API server over it. */
import { check } from "./run.ts";
import type { Certs, Pair } from "./certs.ts";
import { accepts, answersOk, type Daemon, freePort, makeRoot, startDaemon } from "./daemon.ts";
import { need } from "./tool.ts";

/** etcd on ports of its own. */
export async function startEtcd(): Promise<Daemon & { address: string }> {
  const program = await need("etcd");
  const root = await makeRoot("etcd");
  const [port, peers] = [freePort(), freePort()];
  const address = `http://127.0.0.1:${port}`;
  const daemon = await startDaemon({
    name: "etcd",
    command: [
      program,
      `--data-dir=${root}/data`,
      `--listen-client-urls=${address}`,
      `--advertise-client-urls=${address}`,
      `--listen-peer-urls=http://127.0.0.1:${peers}`,
      `--initial-advertise-peer-urls=http://127.0.0.1:${peers}`,
      `--initial-cluster=default=http://127.0.0.1:${peers}`,
      // The data need not survive a crash.
      "--unsafe-no-fsync",
    ],
    root,
    ready: () => accepts({ hostname: "127.0.0.1", port }),
    readyWithinMs: 60_000,
  });
  return { ...daemon, address };
}

export interface ApiServerSpec {
  /** etcd's address. */
  readonly etcd: string;
  readonly certs: Certs;
  /** The admin's certificate. The API server shows it to the kubelet, too. */
  readonly admin: Pair;
  readonly port: number;
}

/** The API server, with RBAC and the node's own rules; once more where one has died. */
export async function startApiServer(
  { etcd, certs, admin, port }: ApiServerSpec,
): Promise<Daemon & { server: string }> {
  const program = await need("kube-apiserver");
  const root = await makeRoot("kapi");
  const server = `https://127.0.0.1:${port}`;
  const accounts = `${certs.dir}/accounts.key`;
  if (!await Deno.stat(accounts).catch(() => undefined)) {
    await check(await need("openssl"), [
      ...["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", accounts],
    ]);
  }
  const caCerts = [await Deno.readTextFile(certs.ca.cert)];
  const daemon = await startDaemon({
    name: "kube-apiserver",
    command: [
      program,
      `--etcd-servers=${etcd}`,
      "--bind-address=127.0.0.1",
      "--advertise-address=127.0.0.1",
      `--secure-port=${port}`,
      `--cert-dir=${root}/certs`,
      `--tls-cert-file=${certs.server.cert}`,
      `--tls-private-key-file=${certs.server.key}`,
      `--client-ca-file=${certs.ca.cert}`,
      `--service-account-key-file=${accounts}`,
      `--service-account-signing-key-file=${accounts}`,
      `--service-account-issuer=${server}`,
      "--authorization-mode=Node,RBAC",
      `--kubelet-client-certificate=${admin.cert}`,
      `--kubelet-client-key=${admin.key}`,
      `--kubelet-certificate-authority=${certs.ca.cert}`,
      "--kubelet-preferred-address-types=Hostname",
      "--allow-privileged=true",
      "--service-cluster-ip-range=10.0.0.0/24",
      // Accounts are made by a controller that is not here.
      "--disable-admission-plugins=ServiceAccount",
    ],
    root,
    ready: () => answersOk(`${server}/readyz`, { caCerts }),
    readyWithinMs: 120_000,
  });
  return { ...daemon, server };
}
