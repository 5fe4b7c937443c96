import type { Builder } from "../builders/builder.ts";
import type { EngineTraits } from "../builders/engine_traits.ts";
import { UsageError } from "../base/usage_error.ts";

/**
 * The address that `host-gateway` stands for in `--add-host`. Only the BuildKit inside an engine
 * has one. Throws `UsageError`, in buildx's words.
 * @param traits of the builder's engine; undefined for a daemon outside of any engine
 */
export function hostGateway({ driver }: Builder, traits: EngineTraits | undefined): string {
  const address = traits?.hostGateway;
  if (address !== undefined && /^[0-9a-fA-F.:]+$/.test(address)) return address;
  const reason = traits === undefined
    ? `host-gateway is not supported by the ${driver} driver`
    : address === undefined
    ? "host-gateway IP not found"
    : `failed to parse host-gateway IP: ${address}`;
  throw new UsageError(
    `unable to derive the IP value for host-gateway: ${reason}`,
    "write the address instead: --add-host NAME=ADDRESS",
  );
}
