/** The results of a frontend, one for each platform, with what is needed to look into them. */
import type { Gateway } from "../buildkit/gateway.ts";
import type { Ref, Result } from "../proto/gen/gateway_types.ts";
import type { Input } from "../proto/gen/pb_types.ts";
import { type BuildDefinition, readDefinition } from "./definition.ts";

/** The configuration of an image, as far as programs in it need it. */
export interface ImageConfig {
  readonly env: readonly string[];
  readonly user: string;
  readonly cwd: string;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
}

/** The result for one platform. */
export interface PlatformResult {
  /** `linux/amd64`; empty when the frontend didn't name it. */
  readonly platform: string;
  readonly ref: string;
  readonly definition: BuildDefinition;
  readonly config: ImageConfig;
}

/** An empty result, which ends a build without further work. */
export const NOTHING: Result = { result: undefined, metadata: {} };

/** The refs of a result by platform; empty for a result without files. */
export function refsOf({ result }: Result): readonly (readonly [platform: string, ref: Ref])[] {
  if (result?.$case === "ref") return [["", result.ref]];
  return result?.$case === "refs" ? Object.entries(result.refs.refs) : [];
}

/** Reads the definitions of all results. Throws an Error for a daemon that doesn't send them. */
export async function platformResults(result: Result): Promise<PlatformResult[]> {
  return await Promise.all(
    refsOf(result).filter(([, { id }]) => id !== "").map(async ([platform, { id, def }]) => {
      if (def.length === 0) {
        throw new Error("the builder doesn't say which steps the build has: it is too old");
      }
      const key = platform === "" ? "" : `/${platform}`;
      const config = result.metadata[`containerimage.config${key}`];
      const definition = await readDefinition(def);
      return { platform, ref: id, definition, config: imageConfig(config) };
    }),
  );
}

/** The way to get the ref of a step's result. */
export interface RefOptions {
  /** The result is built at once: in one call, if the daemon can do that. */
  readonly build: "no" | "one call" | "two calls";
  readonly signal?: AbortSignal;
}

/** The ref of a step's result. Rejects with the daemon's error. */
export async function refOfInput(
  gateway: Gateway,
  { ref, definition }: PlatformResult,
  input: Input,
  { build, signal }: RefOptions,
): Promise<string> {
  const { head, withResult } = definition;
  const isHead = input.digest === head.digest && input.index === head.index;
  const Evaluate = build === "one call";
  const own = isHead
    ? ref
    : refsOf(await gateway.solve({ Definition: withResult(input), Evaluate }, signal))[0]?.[1].id;
  if (own && build !== "no" && (isHead || !Evaluate)) await gateway.evaluate(own, signal);
  return own ?? "";
}

function imageConfig(bytes: Uint8Array | undefined): ImageConfig {
  let config: Record<string, unknown> = {};
  try {
    config = JSON.parse(new TextDecoder().decode(bytes))?.config ?? {};
  } catch {
    // An image without a readable configuration has none.
  }
  const texts = (value: unknown) => Array.isArray(value) ? value.map(String) : [];
  return {
    env: texts(config["Env"]),
    user: String(config["User"] ?? ""),
    cwd: String(config["WorkingDir"] ?? ""),
    entrypoint: texts(config["Entrypoint"]),
    command: texts(config["Cmd"]),
  };
}
