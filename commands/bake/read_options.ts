/** Options for reading a definition: variables of the environment and of `--var`, and files. */
import type { ComposeReader, ReadOptions } from "../../bake/options.ts";
import { absolutePath } from "../../base/paths.ts";
import { isRemote } from "../../builds/spec/remote.ts";
import { isOn } from "../../base/env_bool.ts";
import type { Deps } from "../../cli/deps.ts";
import { parseBool } from "../../base/go/bool.ts";
import { UsageError } from "../../base/usage_error.ts";
import { cut } from "../../base/cut.ts";

/** @param context the value of `BAKE_CMD_CONTEXT` */
export function readOptions(
  deps: Deps,
  { vars, context, warn, readable = (path) => absolutePath(path, deps.cwd) }: {
    readonly vars: readonly string[];
    readonly context: string;
    readonly warn: (text: string) => void;
    /**
     * The absolute path to read for a file that a definition names. Throws where it may not be
     * read.
     */
    readonly readable?: (path: string) => string;
  },
): ReadOptions {
  const variables = parseVariables(vars);
  const env = definitionEnv(deps);
  const lookup = (name: string) => variables.get(name) ?? env(name);
  return {
    lookup,
    builtins: new Map([["BAKE_CMD_CONTEXT", context], ["BAKE_LOCAL_PLATFORM", localPlatform()]]),
    fileRelativePaths: fileRelativePaths(deps),
    compose: lazyCompose(deps, { lookup, environment: env, warn, readable }),
    isRemote,
    // Without a terminal, the output is buildx's.
    warn: deps.stderr.isTerminal ? warn : undefined,
    home: () => deps.env("HOME") ?? "",
  };
}

/** `--var NAME=VALUE`. The last one of a name counts. Throws `UsageError`. */
function parseVariables(texts: readonly string[]): Map<string, string> {
  return new Map(texts.map((text) => {
    const [name, value] = cut(text, "=");
    if (name !== "" && value !== undefined) return [name, value];
    throw new UsageError(
      `invalid variable ${JSON.stringify(text)}, expected key=value`,
      "write --var NAME=VALUE",
    );
  }));
}

/** The environment for definitions; empty with `BUILDX_BAKE_DISABLE_VARS_ENV_LOOKUP`. */
export function definitionEnv({ env }: Pick<Deps, "env">): Deps["env"] {
  return isOn("BUILDX_BAKE_DISABLE_VARS_ENV_LOOKUP", env) ? () => undefined : env;
}

/** This machine's platform in Go's words: `linux/amd64`. */
function localPlatform(): string {
  const arch = { x86_64: "amd64", aarch64: "arm64" }[Deno.build.arch];
  return `${Deno.build.os}/${arch}`;
}

function fileRelativePaths({ env }: Pick<Deps, "env">): boolean {
  const text = env("BUILDX_BAKE_FILE_RELATIVE_PATHS")?.trim() ?? "";
  try {
    return text !== "" && parseBool(text);
  } catch (error) {
    throw new UsageError(
      `failed to parse BUILDX_BAKE_FILE_RELATIVE_PATHS value ${JSON.stringify(text)}: ` +
        (error as Error).message,
    );
  }
}

/** YAML costs 20 ms, so it is loaded for the first file that may be compose. */
function lazyCompose(
  deps: Deps,
  { lookup, environment, warn, readable }: {
    readonly lookup: ReadOptions["lookup"];
    readonly environment: ReadOptions["lookup"];
    readonly warn: (text: string) => void;
    readonly readable: (path: string) => string;
  },
): ComposeReader {
  let reader: ComposeReader | undefined;
  const warned = new Set<string>();
  const load = async () => {
    const { composeReader } = await import("../../bake/compose/reader.ts");
    return reader ??= composeReader({
      lookup,
      environment,
      readText: (path) => readText(readable(path)),
      home: deps.env("HOME"),
      // Each file is examined and then read, which would warn twice.
      warn(text) {
        if (!warned.has(text)) warn(text);
        warned.add(text);
      },
    });
  };
  return {
    refuse: async (file) => (await load()).refuse(file),
    read: async (files) => (await load()).read(files),
  };
}

function readText(path: string): string | undefined {
  try {
    return Deno.statSync(path).isFile ? Deno.readTextFileSync(path) : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
