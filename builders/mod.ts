/**
 * Builders of fairlead and buildx: create one, boot, stop and remove its daemons, which are
 * containers of Docker or Podman, or pods of Kubernetes. The store is the one that both programs
 * use.
 *
 * @example A container with a daemon is made, used and removed
 * ```ts
 * import { bootBuilder, builderDaemons, createBuilder, removeBuilder } from "fairlead/builders";
 * import { connect } from "fairlead";
 *
 * await createBuilder({ name: "mine", driver: "docker-container" });
 * await bootBuilder("mine", { onStep: (line) => console.log(line) });
 * const [daemon] = builderDaemons("mine");
 * const client = await connect(daemon!.endpoint, { tls: daemon!.tls });
 * console.log((await client.info())?.version);
 * await client.close();
 * await removeBuilder("mine");
 * ```
 *
 * @module
 */
export {
  bootBuilder,
  type BootCallOptions,
  builderDaemons,
  type CallOptions,
  createBuilder,
  type Daemon,
  type NewBuilder,
  removeBuilder,
  type RemoveCallOptions,
  stopBuilder,
} from "./library.ts";
export { BuilderError } from "./builder_error.ts";
