import { isIndex } from "../../buildkit/registry/descriptor.ts";
import { parseManifest } from "../../buildkit/registry/manifest.ts";
import { defineCommand } from "../../cli/command.ts";
import { goJson } from "../../base/go/json.ts";
import { registriesOfBuilder } from "../../cli/builders/registries.ts";
import { compileTemplate } from "../../base/go/template/template.ts";
import { UsageError } from "../../base/usage_error.ts";
import { loadAssets } from "../../images/assets.ts";
import { inspectText } from "./inspect_text.ts";
import { inspectValue } from "./inspect_values.ts";
import { locationText, parseLocation } from "../../images/location.ts";
import { openRepositories } from "../../images/repositories.ts";

/** With this template the output is the same as with none. */
const WHOLE_MANIFEST = /^\s*\{\{-?\s*\.Manifest\s*-?\}\}\s*$/;

export const command = defineCommand({
  args: { usage: "[OPTIONS] NAME", min: 1, max: 1 },
  flags: {
    format: { kind: "string", summary: "Format the output using the given Go template" },
    raw: { kind: "bool", summary: "Show original, unformatted JSON manifest" },
  },
  async run({ deps, args: [name = ""], flags: { format, raw }, global }) {
    if (format !== "" && raw) throw new UsageError("format and raw cannot be used together");
    const template = format === "" || WHOLE_MANIFEST.test(format)
      ? undefined
      : compileTemplate(format, { json: (value) => goJson(value ?? null, 2) });
    const location = parseLocation(name);
    using registries = await registriesOfBuilder(deps, global);
    const reader = openRepositories(registries, deps.cwd).reader(location);
    const descriptor = await reader.resolve(location.ref);
    const bytes = await reader.fetch(descriptor);
    if (raw) return await deps.stdout.writeBytes(bytes);
    const manifest = parseManifest(bytes, locationText(location));
    if (template === undefined) {
      const manifests = isIndex(descriptor.mediaType) ? manifest.manifests : [];
      return deps.stdout.write(inspectText(location, descriptor, manifests));
    }
    const assets = await loadAssets(reader, descriptor);
    const wanted = (field: string, kind: "sbom" | "provenance") =>
      format.includes(field) ? assets.predicates(kind) : new Map();
    const predicates = {
      sbom: await wanted("SBOM", "sbom"),
      provenance: await wanted("Provenance", "provenance"),
    };
    deps.stdout.write(template(inspectValue(name, descriptor, manifest, assets, predicates)));
  },
});
