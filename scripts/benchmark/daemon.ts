/** The daemon that all three programs build on: its root lies on tmpfs, where no disk's noise drowns the rest. */
import { type Buildkitd, startBuildkitd } from "../../tests/harness/buildkitd.ts";

export type Daemon = Buildkitd;

export function startDaemon(): Promise<Daemon> {
  return startBuildkitd({ dir: "/dev/shm" });
}
