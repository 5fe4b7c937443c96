/** `reset=true` of a cache: deletes the blobs that the index doesn't reach. */
import { allManifests, attempt, type Descriptor } from "./oci_index.ts";

/** The kinds of blobs that refer to others. */
const lists =
  /^application\/vnd\.(?:oci\.image\.(?:index|manifest)|docker\.distribution\.manifest)/;

/** Deletes each blob of a layout that nothing refers to any more. Throws `LayoutError`. */
export function removeUnused(folder: string): void {
  const used = new Set<string>();
  const visit = (descriptor: Descriptor) => {
    if (used.has(descriptor.digest)) return;
    used.add(descriptor.digest);
    if (!lists.test(descriptor.mediaType ?? "")) return;
    const path = `${folder}/blobs/${descriptor.digest.replace(":", "/")}`;
    const { manifests = [], layers = [], config } = JSON.parse(Deno.readTextFileSync(path));
    for (const child of [...manifests, ...layers, ...config ? [config] : []]) visit(child);
  };
  attempt("reset: failed to read index.json", () => allManifests(folder)).forEach((manifest) =>
    attempt("reset: failed to collect referenced blobs", () => visit(manifest))
  );
  attempt("reset: failed to walk content store", () => clear(folder, used));
}

/** Deletes the other blobs. A link could lead to files elsewhere, so none is followed. */
function clear(folder: string, used: ReadonlySet<string>): void {
  if (Deno.lstatSync(`${folder}/blobs`).isSymlink) return;
  for (const { name: algorithm, isDirectory } of Deno.readDirSync(`${folder}/blobs`)) {
    if (!isDirectory) continue;
    for (const { name: hex } of Deno.readDirSync(`${folder}/blobs/${algorithm}`)) {
      if (!used.has(`${algorithm}:${hex}`)) {
        Deno.removeSync(`${folder}/blobs/${algorithm}/${hex}`);
      }
    }
  }
}
