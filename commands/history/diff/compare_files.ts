import type { Client } from "../../../buildkit/client.ts";
import type { Layer } from "../records/provenance.ts";
import type { RecordedBuild } from "../records/recorded_build.ts";
import { type Cause, compareBuilds, type Comparison } from "./compare.ts";
import { fileChanges, layerFiles } from "./layer_files.ts";

/** The number of steps whose files are compared: each needs two layers from the daemon. */
const MOST_STEPS = 8;

/**
 * Compares two recorded builds, and the files that changed steps copied where the daemon has their
 * layers.
 */
export async function compareRecorded(
  a: RecordedBuild,
  b: RecordedBuild,
  signal: AbortSignal,
): Promise<Comparison> {
  const [atA, atB] = [a, b].map(({ found: { at } }) => `${at.builder.name}/${at.node.name}`);
  const comparison = compareBuilds(a, b, atA !== atB);
  let left = MOST_STEPS;
  const rows = [];
  for (const row of comparison.rows) {
    const causes: Cause[] = [];
    for (const cause of row.causes) {
      if (cause.kind !== "context" || cause.layers === undefined || left-- <= 0) causes.push(cause);
      else causes.push({ ...cause, ...await filesOf([a, b], cause.layers, signal) });
    }
    rows.push({ ...row, causes });
  }
  return { ...comparison, rows };
}

async function filesOf(
  [a, b]: readonly [RecordedBuild, RecordedBuild],
  layers: { readonly a: Layer; readonly b: Layer },
  signal: AbortSignal,
) {
  const list = (client: Client, layer: Layer) => layerFiles(client, layer, signal);
  const before = await list(a.found.at.client, layers.a);
  const now = before && await list(b.found.at.client, layers.b);
  return before && now && { files: fileChanges(before, now) };
}
