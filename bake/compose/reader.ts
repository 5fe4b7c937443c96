/** Compose files as bake definitions (https://docs.docker.com/build/bake/compose-file). */
import { UsageError } from "../../base/usage_error.ts";
import { Budget, LimitError } from "../budget.ts";
import type { ComposeReader, DefinitionFile } from "../options.ts";
import { ComposeError } from "../error.ts";
import { checkConsistency } from "./consistency.ts";
import { readDotenv } from "./dotenv.ts";
import { serviceEnvironment } from "./environment.ts";
import type { SourceFile, World } from "./layer.ts";
import { loadProject } from "./project.ts";
import { projectSchema } from "./schema.ts";
import { targetsOf } from "./targets.ts";
import type { Lookup } from "./template.ts";
import { validate } from "./validate.ts";
import { isMapping, mappingOf } from "./value.ts";
import { readYaml } from "./yaml.ts";

interface ComposeOptions extends Omit<World, "budget"> {
  /** The value of a variable: `--var` before the environment. */
  readonly lookup: Lookup;
  /** The value of a variable of the environment alone, because `.env` does not see `--var`. */
  readonly environment: Lookup;
}

/** Steps of the budget for a file that is opened. */
const STEPS_PER_FILE = 1000;

export function composeReader(options: ComposeOptions): ComposeReader {
  const load = (files: readonly DefinitionFile[]) => {
    const budget = new Budget("reading the compose files");
    const world: World = {
      ...options,
      budget,
      readText(path) {
        budget.step(STEPS_PER_FILE);
        return options.readText(path);
      },
    };
    const sources = files.map(({ name, data }) => ({ name, text: new TextDecoder().decode(data) }));
    const env = projectEnvironment(sources, options, world);
    const project = loadProject(sources, { world, env, folder: "", included: [] });
    if (project.size === 0) throw new ComposeError("empty compose file");
    validate(project, projectSchema);
    return { project, env, world };
  };
  return {
    // deno-lint-ignore require-await -- the interface leaves room for readers that wait
    async refuse(file) {
      try {
        const { project, env, world } = load([{ ...file, name: "" }]);
        for (const service of mappingOf(project.get("services")).values()) {
          serviceEnvironment(mappingOf(service), env, world);
        }
        return undefined;
      } catch (error) {
        return problemOf(error);
      }
    },
    // deno-lint-ignore require-await -- as above
    async read(files) {
      try {
        const { project, env, world } = load(files);
        checkConsistency(project);
        const targets = targetsOf(project, env, world);
        const names = targets.map(({ name }) => name);
        const hasServices = mappingOf(project.get("services")).size > 0;
        return {
          targets,
          groups: hasServices
            ? [{ name: "default", targets: names.length > 0 ? names : null }]
            : [],
        };
      } catch (error) {
        throw new ComposeError(
          `failed to parse compose file: ${problemOf(error)}`,
          error instanceof ComposeError ? error.hint : undefined,
        );
      }
    },
  };
}

/** The message of an error in the files. Throws any other error again. */
function problemOf(error: unknown): string {
  if (error instanceof UsageError || error instanceof LimitError) return error.message;
  if (error instanceof RangeError) return "services or includes are nested too deeply";
  throw error;
}

/** Looks up variables in the environment, then in `.env`. A file may set the project's name. */
function projectEnvironment(
  files: readonly SourceFile[],
  { lookup, environment }: ComposeOptions,
  world: World,
): Lookup {
  const dotenv = new Map<string, string>();
  const text = world.readText(".env");
  if (text !== undefined) readDotenv(".env", text, dotenv, environment, world);
  const value: Lookup = (name) => lookup(name) ?? dotenv.get(name);
  const project = namedBy(files, world.budget) ?? (value("COMPOSE_PROJECT_NAME") || "bake");
  return (name) => name === "COMPOSE_PROJECT_NAME" ? project : value(name);
}

/** `name:` of the last file that has one. Variables in it are rare, and are not replaced. */
function namedBy(files: readonly SourceFile[], budget: Budget): string | undefined {
  const names = files.flatMap(({ name, text }) => {
    if (!/^name\s*:/m.test(text)) return [];
    return readYaml(text, name, budget).flatMap(({ value }) => {
      const name = isMapping(value) ? value.get("name") : undefined;
      return typeof name === "string" && name !== "" ? [name] : [];
    });
  });
  return names.at(-1);
}
