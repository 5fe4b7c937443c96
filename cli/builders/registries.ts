import { registryConfigs } from "../../builders/store/registry_configs.ts";
import { openRegistries, type Registries } from "../../buildkit/registry/registry.ts";
import type { Deps } from "../deps.ts";
import type { GlobalValues } from "../flags/spec.ts";
import { clearLogins, logins } from "./logins.ts";
import { warn } from "../warn.ts";
import { chosenBuilder } from "./chosen_builder.ts";

/**
 * Registries with the user's logins, under the registry configuration of the chosen builder. No
 * daemon is contacted. Throws `BuilderError` if the builder doesn't exist.
 */
export async function registriesOfBuilder(
  deps: Deps,
  { builder: name }: Pick<GlobalValues, "builder">,
): Promise<Registries> {
  const builder = await chosenBuilder(deps, name);
  return openRegistries({
    credentials: logins(deps, (line) => warn(deps, line)),
    configs: registryConfigs(builder),
    clearLogins: clearLogins(deps),
    signal: deps.signal,
  });
}
