import type { Reader } from "../buildkit/registry/pull.ts";
import type { Writer } from "../buildkit/registry/push.ts";
import type { Registries } from "../buildkit/registry/registry.ts";
import { absolutePath } from "../base/paths.ts";
import { layoutReader, layoutWriter, listReferrers, type Referrer } from "./layout.ts";
import { type Location, locationText } from "./location.ts";

/** Opens repositories, whether in a registry or in an OCI layout. */
export interface Repositories {
  reader(location: Location): Reader;
  writer(location: Location): Writer;
  /** Lists copied referrers in the index of a layout. A registry does so by itself. */
  listReferrers(location: Location, referrers: readonly Referrer[]): Promise<void>;
}

/** @param cwd the folder that relative paths of layouts start from */
export function openRepositories(registries: Registries, cwd: string): Repositories {
  const layouts = new Map<string, Reader>();
  return {
    reader(location) {
      if (location.kind === "registry") return registries.reader(location.ref);
      const shown = locationText(location);
      const reader = layouts.get(shown) ??
        layoutReader(absolutePath(location.ref.path, cwd), shown);
      layouts.set(shown, reader);
      return reader;
    },
    writer: ({ kind, ref }) =>
      kind === "registry" ? registries.writer(ref) : layoutWriter(absolutePath(ref.path, cwd)),
    async listReferrers({ kind, ref }, referrers) {
      if (kind === "layout") await listReferrers(absolutePath(ref.path, cwd), referrers);
    },
  };
}
