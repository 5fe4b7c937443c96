import { docker } from "./docker.ts";
import { dockerContainer } from "./docker_container.ts";
import { kubePod } from "./kube_pod.ts";
import { nerdctlContainer } from "./nerdctl_container.ts";
import { npipe } from "./npipe.ts";
import { podmanContainer } from "./podman_container.ts";
import { ssh } from "./ssh.ts";
import { tcp } from "./tcp.ts";
import type { Transport } from "./transport.ts";
import { unix } from "./unix.ts";

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
