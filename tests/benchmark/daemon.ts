/**
 * The daemon that all three programs build on. Its root is on tmpfs, so a disk's noise doesn't hide
 * the differences.
 */
import { type Buildkitd, startBuildkitd } from "../harness/buildkitd.ts";
import { makeCerts } from "../harness/certs.ts";

/** It listens on a unix socket, and on a TCP port under mutual TLS. */
export interface Daemon extends Buildkitd {
  /** Driver options for the port. */
  readonly tls: Readonly<Record<"cacert" | "cert" | "key", string>>;
}

export async function startDaemon(): Promise<Daemon> {
  const certs = await makeCerts();
  const daemon = await startBuildkitd({
    dir: "/dev/shm",
    tcp: true,
    tls: { ...certs.server, ca: certs.ca.cert },
  });
  return {
    ...daemon,
    tls: { cacert: certs.ca.cert, ...certs.client },
    async stop() {
      await daemon.stop();
      await certs.remove();
    },
  };
}
