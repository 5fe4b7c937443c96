/** Compose files as bake definitions (https://docs.docker.com/build/bake/compose-file). */
import { UsageError } from "../../base/usage_error.ts";
import type { ComposeReader, DefinitionFile } from "../options.ts";
import { ComposeError } from "./compose_error.ts";
import { checkConsistency, mapping } from "./consistency.ts";
import { DotenvError, readDotenv } from "./dotenv.ts";
import { serviceEnvironment } from "./environment.ts";
import type { SourceFile, World } from "./layer.ts";
import { loadProject } from "./project.ts";
import { projectSchema } from "./schema.ts";
import { targetsOf } from "./targets.ts";
import type { Lookup } from "./template.ts";
import { validate } from "./validate.ts";
import { isMapping } from "./value.ts";
import { readYaml } from "./yaml.ts";

/** What compose files are read with. */
export interface ComposeOptions extends World {
  /** The value of a variable: `--var` before the environment. */
  readonly lookup: Lookup;
  /** The same without `--var`, which `.env` does not see. */
  readonly environment: Lookup;
}

export function composeReader(options: ComposeOptions): ComposeReader {
  const load = (files: readonly DefinitionFile[]) => {
    const sources = files.map(({ name, data }) => ({ name, text: new TextDecoder().decode(data) }));
    const env = projectEnvironment(sources, options);
    const loading = { world: options, env, folder: "", included: [] };
    const project = loadProject(sources, loading);
    if (project.size === 0) throw new ComposeError("empty compose file");
    validate(project, projectSchema);
    return { project, env };
  };
  return {
    // deno-lint-ignore require-await -- the interface leaves room for readers that wait
    async refuse(file) {
      try {
        const { project, env } = load([{ ...file, name: "" }]);
        for (const service of mapping(project.get("services")).values()) {
          serviceEnvironment(mapping(service), env, options);
        }
        return undefined;
      } catch (error) {
        if (error instanceof ComposeError || error instanceof UsageError) return error.message;
        throw error;
      }
    },
    // deno-lint-ignore require-await -- as above
    async read(files) {
      try {
        const { project, env } = load(files);
        checkConsistency(project);
        const targets = targetsOf(project, env, options);
        const names = targets.map(({ name }) => name);
        const hasServices = mapping(project.get("services")).size > 0;
        return {
          targets,
          groups: hasServices
            ? [{ name: "default", targets: names.length > 0 ? names : null }]
            : [],
        };
      } catch (error) {
        if (!(error instanceof ComposeError || error instanceof UsageError)) throw error;
        throw new ComposeError(
          `failed to parse compose file: ${error.message}`,
          error instanceof ComposeError ? error.hint : undefined,
        );
      }
    },
  };
}

/** The environment over `.env` of the working folder; and the project's name, which a file may give. */
function projectEnvironment(
  files: readonly SourceFile[],
  { lookup, environment, readText, warn }: ComposeOptions,
): Lookup {
  const dotenv = new Map<string, string>();
  const text = readText(".env");
  const unset = (name: string) =>
    warn(`The "${name}" variable is not set. Defaulting to a blank string.`);
  try {
    if (text !== undefined) readDotenv(text, dotenv, environment, unset);
  } catch (error) {
    if (!(error instanceof DotenvError)) throw error;
    throw new ComposeError(`failed to read .env: ${error.message}`);
  }
  const value: Lookup = (name) => lookup(name) ?? dotenv.get(name);
  const project = namedBy(files) ?? (value("COMPOSE_PROJECT_NAME") || "bake");
  return (name) => name === "COMPOSE_PROJECT_NAME" ? project : value(name);
}

/** `name:` of the last file that has it. Its variables are rare, and left as they are. */
function namedBy(files: readonly SourceFile[]): string | undefined {
  const names = files.flatMap(({ name, text }) => {
    if (!/^name\s*:/m.test(text)) return [];
    return readYaml(text, name).flatMap(({ value }) => {
      const name = isMapping(value) ? value.get("name") : undefined;
      return typeof name === "string" && name !== "" ? [name] : [];
    });
  });
  return names.at(-1);
}
