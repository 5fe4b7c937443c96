import type { Builder } from "../builder.ts";
import { BuilderError } from "../builder_error.ts";
import { docker } from "./docker.ts";
import { dockerContainer } from "./docker_container.ts";
import type { Driver } from "./driver.ts";
import { kubernetes } from "./kubernetes.ts";
import { podmanContainer } from "./podman_container.ts";
import { remote } from "./remote.ts";

/** The drivers whose builders are used. */
export const drivers: readonly Driver[] = [
  ...[remote, docker, dockerContainer, podmanContainer, kubernetes],
];

/** A builder's driver. Throws `BuilderError` for one that fairlead lacks. */
export function driverOf({ name, driver }: Pick<Builder, "name" | "driver">): Driver {
  const found = drivers.find((one) => one.name === driver);
  if (found !== undefined) return found;
  throw new BuilderError(
    `builder ${name} has the driver ${driver}, which fairlead doesn't support`,
    { hint: "use buildx for it, or choose a builder with another driver: see 'fairlead ls'" },
  );
}
