import { type Builder, chooseBuilder, implicitName } from "../../builders/builder.ts";
import type { Store } from "../../builders/store/store.ts";
import { calledAs } from "../called_as.ts";
import type { Deps } from "../deps.ts";
import { warn } from "../warn.ts";
import { storeOf } from "./open_store.ts";

/**
 * The builder of a command, as `chooseBuilder` finds it. Warns if a builder that was selected
 * earlier takes precedence over BUILDKIT_HOST. Throws `BuilderError`.
 * @param name `--builder` or `BUILDX_BUILDER`; empty for neither
 */
export async function chosenBuilder(
  deps: Pick<Deps, "env" | "stderr" | "context" | "plugin">,
  name: string,
  store: Store = storeOf(deps),
): Promise<Builder> {
  const builder = await chooseBuilder(store, deps.env, name);
  const text = ignoredHost(deps, name, builder);
  if (text !== undefined) warn(deps, text);
  return builder;
}

/**
 * The warning; undefined where BUILDKIT_HOST is used, or the user named the builder in the command.
 */
function ignoredHost(
  { env, plugin }: Pick<Deps, "env" | "plugin">,
  name: string,
  builder: Builder,
): string | undefined {
  const host = env("BUILDKIT_HOST");
  if (!host || builder.origin === "BUILDKIT_HOST") return undefined;
  if (builder.nodes.length === 1 && builder.nodes[0]!.endpoint === host) return undefined;
  if (name !== "" && name !== env("BUILDX_BUILDER")) return undefined;
  const [reason, lasting] = name === ""
    ? ["was selected by 'fairlead use'", ", or permanently 'fairlead use default'"]
    : ["was selected by BUILDX_BUILDER", ", or unset BUILDX_BUILDER"];
  return calledAs(
    `BUILDKIT_HOST is not used, because the builder ${JSON.stringify(builder.name)} ${reason}; ` +
      `to use BUILDKIT_HOST: --builder ${implicitName}${lasting}`,
    plugin,
  );
}
