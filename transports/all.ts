import { docker } from "./schemes/docker.ts";
import { dockerContainer } from "./schemes/docker_container.ts";
import { kubePod } from "./schemes/kube_pod.ts";
import { nerdctlContainer } from "./schemes/nerdctl_container.ts";
import { npipe } from "./schemes/npipe.ts";
import { podmanContainer } from "./schemes/podman_container.ts";
import { ssh } from "./schemes/ssh.ts";
import { tcp } from "./schemes/tcp.ts";
import type { Transport } from "./transport.ts";
import { unix } from "./schemes/unix.ts";

/** The built-in transports; a plain list, so that a compiled binary sees them. */
export const transports: readonly Transport[] = [
  unix,
  tcp,
  ssh,
  docker,
  dockerContainer,
  podmanContainer,
  nerdctlContainer,
  kubePod,
  npipe,
];
