import { ComposeError } from "../error.ts";
import { listOf, type Mapping, mappingOf } from "./value.ts";

/** Checks the references between services, secrets and contexts. Throws `ComposeError`. */
export function checkConsistency(project: Mapping): void {
  const services = mappingOf(project.get("services"));
  const secrets = mappingOf(project.get("secrets"));
  for (const [name, service] of services) {
    const build = mappingOf(service).get("build");
    if (build === undefined) {
      if (mappingOf(service).get("image")) continue;
      throw invalid(`service "${name}" has neither an image nor a build context specified`);
    }
    const fields = mappingOf(build);
    if (fields.get("dockerfile_inline") && fields.get("dockerfile")) {
      throw invalid(
        `service "${name}" declares mutualy exclusive dockerfile and dockerfile_inline`,
      );
    }
    for (const [key, context] of mappingOf(fields.get("additional_contexts"))) {
      const other = typeof context === "string" && context.match(/^service:(.*)$/s)?.[1];
      if (typeof other !== "string") continue;
      const target = services.get(other);
      if (target !== undefined && mappingOf(target).has("build")) continue;
      const kind = target === undefined ? "unknown" : "non-buildable";
      throw new ComposeError(
        `service "${name}" declares ${kind} service "${other}" as additional contexts ${key}`,
      );
    }
    for (const secret of listOf(fields.get("secrets"))) {
      const source = mappingOf(secret).get("source");
      if (typeof source === "string" && secrets.has(source)) continue;
      throw invalid(`service "${name}" refers to undefined build secret ${source ?? ""}`);
    }
  }
  for (const [name, secret] of secrets) {
    const fields = mappingOf(secret);
    if (fields.get("external") || fields.get("file") || fields.get("environment")) continue;
    throw invalid(`secret "${name}" must declare either \`file\` or \`environment\``);
  }
}

function invalid(text: string): ComposeError {
  return new ComposeError(`${text}: invalid compose project`);
}
