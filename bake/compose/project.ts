import { extendServices } from "./extends.ts";
import { includeFiles, type Loading } from "./include.ts";
import { mergeLayer, readLayers, type SourceFile } from "./layer.ts";
import { resolvePaths } from "./paths.ts";
import { isMapping, type Mapping } from "./value.ts";

/** Loads files as one project and merges each document over those before. Throws `ComposeError`. */
export function loadProject(files: readonly SourceFile[], loading: Loading): Mapping {
  let model: Mapping = new Map();
  for (const file of files) {
    const inside = { ...loading, included: [...loading.included, file.name] };
    for (const layer of readLayers(file, loading.env, loading.world)) {
      includeFiles(layer, inside, loadProject);
      extendServices(file.name, layer, loading);
      model = mergeLayer(model, layer);
    }
  }
  const services = model.get("services");
  for (const service of isMapping(services) ? services.values() : []) {
    const build = isMapping(service) ? service.get("build") : undefined;
    if (isMapping(build) && !build.has("context")) build.set("context", ".");
  }
  return resolvePaths(model, { folder: loading.folder, home: loading.world.home }) as Mapping;
}
