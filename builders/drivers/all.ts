import type { Builder } from "../builder.ts";
import { BuilderError } from "../builder_error.ts";
import { dockerContainer } from "./docker_container.ts";
import type { Driver } from "./driver.ts";
import { remote } from "./remote.ts";

/** The drivers whose builders are used; `docker` and those of other programs may be missing. */
export const drivers: readonly Driver[] = [remote, dockerContainer];

/** A builder's driver. Throws `BuilderError` for one that fairlead lacks. */
export function driverOf({ name, driver, origin }: Builder): Driver {
  const found = drivers.find((one) => one.name === driver);
  if (found !== undefined) return found;
  if (origin === "docker context") {
    throw new BuilderError(
      "no builder is chosen, and fairlead doesn't use the docker engine's own",
      { hint: "run 'fairlead create --use tcp://HOST:PORT', or set BUILDKIT_HOST" },
    );
  }
  throw new BuilderError(
    `builder ${name} has the driver ${driver}, which fairlead doesn't handle`,
    { hint: "use buildx for it, or choose one of another driver: see 'fairlead ls'" },
  );
}
