/** The results of a frontend, one for each platform, with what is needed to look into them. */
import type { Gateway } from "../buildkit/gateway.ts";
import type { Result } from "../proto/gen/gateway_types.ts";
import type { Input } from "../proto/gen/pb_types.ts";
import { type BuildDefinition, readDefinition } from "./definition.ts";
import { fieldsOf, itemsOf } from "../base/json.ts";
import { maybe } from "../base/maybe.ts";
import { refsOf } from "../buildkit/result.ts";

/** The configuration of an image, as far as programs in it need it. */
export interface ImageConfig {
  readonly env: readonly string[];
  readonly user: string;
  readonly cwd: string;
}

/** The result for one platform. */
export interface PlatformResult {
  /** `linux/amd64`; empty when the frontend didn't name it. */
  readonly platform: string;
  readonly ref: string;
  readonly definition: BuildDefinition;
  readonly config: ImageConfig;
  /** The refs of steps' results that the daemon was asked for, by the input that takes them. */
  readonly refs: Map<string, string | Promise<string>>;
}

/** An empty result, which ends a build without further work. */
export const NOTHING: Result = { result: undefined, metadata: {} };

/**
 * Reads the definitions of all results, in the order of the build's platforms. Throws an Error for
 * a daemon that doesn't send them.
 */
export async function platformResults(result: Result): Promise<PlatformResult[]> {
  const order = platformOrder(result);
  const refs = refsOf(result).toSorted(([a], [b]) => order.indexOf(a) - order.indexOf(b));
  return await Promise.all(
    refs.filter(([, { id }]) => id !== "").map(async ([platform, { id, def }]) => {
      if (def.length === 0) {
        throw new Error("the builder doesn't say which steps the build has: it is too old");
      }
      const key = platform === "" ? "" : `/${platform}`;
      const config = result.metadata[`containerimage.config${key}`];
      const definition = await readDefinition(def);
      return { platform, ref: id, definition, config: imageConfig(config), refs: new Map() };
    }),
  );
}

/** Platforms as the frontend lists them; the daemon sends their results in any order. */
function platformOrder({ metadata }: Result): string[] {
  const json = maybe(() => JSON.parse(new TextDecoder().decode(metadata["refs.platforms"])));
  return itemsOf(fieldsOf(json)["Platforms"]).map((item) => String(fieldsOf(item)["ID"]));
}

/** The way to get the ref of a step's result. */
export interface RefOptions {
  /** Whether the result is built now. One call both asks and builds, if the daemon can do that. */
  readonly build: "no" | "one call" | "two calls";
  readonly signal?: AbortSignal;
}

/**
 * The ref of a step's result, for which the daemon is asked once. Rejects with the daemon's error.
 */
export async function refOfInput(
  gateway: Gateway,
  { ref, definition, refs }: PlatformResult,
  input: Input,
  { build, signal }: RefOptions,
): Promise<string> {
  const { head, withResult } = definition;
  const isHead = input.digest === head.digest && input.index === head.index;
  const key = `${input.digest} ${input.index}`;
  const known = isHead ? ref : refs.get(key);
  const both = known === undefined && build === "one call";
  const ask = async () => {
    // The definition is known here, so the daemon need not send it back.
    const request = { Definition: withResult(input), Evaluate: both, allowResultArrayRef: false };
    const own = refIn(await gateway.solve(request, both ? signal : undefined));
    refs.set(key, own);
    return own;
  };
  const asked = known ?? ask();
  // A call that also builds may be aborted, so nobody else may wait for it.
  if (typeof asked !== "string" && !both) {
    refs.set(key, asked);
    asked.catch(() => refs.delete(key));
  }
  // A known ref's call goes out within this turn.
  const own = typeof asked === "string" ? asked : await asked;
  if (own && build !== "no" && !both) await gateway.evaluate(own, signal);
  return own;
}

function refIn({ result }: Result): string {
  return result?.$case === "refDeprecated" ? result.refDeprecated : "";
}

function imageConfig(bytes: Uint8Array | undefined): ImageConfig {
  // An image without a readable configuration has none.
  const json = maybe(() => JSON.parse(new TextDecoder().decode(bytes)));
  const config = fieldsOf(fieldsOf(json)["config"]);
  return {
    env: itemsOf(config["Env"]).map(String),
    user: String(config["User"] ?? ""),
    cwd: String(config["WorkingDir"] ?? ""),
  };
}
