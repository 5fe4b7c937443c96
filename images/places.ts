import type { Reader } from "../buildkit/registry/pull.ts";
import type { Writer } from "../buildkit/registry/push.ts";
import type { Registries } from "../buildkit/registry/registry.ts";
import { absolutePath } from "../base/paths.ts";
import { layoutReader, layoutWriter } from "./layout.ts";
import { type Location, locationText } from "./location.ts";

/** Opens locations, of either kind. */
export interface Places {
  reader(location: Location): Reader;
  writer(location: Location): Writer;
}

/** @param cwd what a layout's path is relative to */
export function places(registries: Registries, cwd: string): Places {
  return {
    reader: (location) =>
      location.kind === "registry"
        ? registries.reader(location.ref)
        : layoutReader(absolutePath(location.ref.path, cwd), locationText(location)),
    writer: ({ kind, ref }) =>
      kind === "registry" ? registries.writer(ref) : layoutWriter(absolutePath(ref.path, cwd)),
  };
}
