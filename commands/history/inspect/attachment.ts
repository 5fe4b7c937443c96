import { readBlob } from "../../../buildkit/content.ts";
import { Code, RpcError } from "../../../buildkit/grpc/status.ts";
import { digestProblem } from "../../../buildkit/registry/digest.ts";
import { defineCommand } from "../../../cli/command.ts";
import { quote } from "../../../base/go/quote.ts";
import { reachNodes } from "../../../cli/builders/reached_nodes.ts";
import { UsageError } from "../../../base/usage_error.ts";
import { attachmentsOf } from "../records/attachments.ts";
import { findRecord, NoRecordError } from "../records/records.ts";

/** Short names of types. */
const types: Readonly<Record<string, readonly string[]>> = {
  index: ["application/vnd.oci.image.index.v1+json"],
  manifest: ["application/vnd.oci.image.manifest.v1+json"],
  image: ["application/vnd.oci.image.config.v1+json"],
  provenance: ["https://slsa.dev/provenance/v1", "https://slsa.dev/provenance/v0.2"],
  sbom: ["https://spdx.dev/Document"],
};

export const command = defineCommand({
  args: { usage: "[OPTIONS] [REF [DIGEST]]", min: 0, max: 2 },
  flags: {
    platform: { kind: "string", summary: "Platform of attachment" },
    type: { kind: "string", summary: "Type of attachment" },
  },
  async run({ deps, args: [ref = "", digest], flags, global }) {
    const problem = digest === undefined ? undefined : digestProblem(digest);
    if (problem !== undefined) throw new UsageError(`invalid digest ${quote(digest!)}: ${problem}`);
    if (digest === undefined && flags.platform === "" && flags.type === "") {
      throw new UsageError("at least one of --type, --platform or DIGEST must be specified");
    }
    const { signal } = deps;
    await using nodes = await reachNodes(deps, global);
    const { at, record } = await findRecord(nodes, ref, { signal });
    nodes.warn(deps);
    const wanted = types[flags.type] ?? [flags.type];
    const found = digest ??
      (await attachmentsOf(at.client, record, signal)).find((attachment) =>
        (flags.platform === "" || attachment.platform === flags.platform) &&
        (flags.type === "" || wanted.includes(attachment.type))
      )?.digest;
    if (found === undefined) {
      throw new NoRecordError(`no matching attachment found for ref ${quote(ref)}`);
    }
    try {
      await readBlob(at.client, found, (bytes) => deps.stdout.writeBytes(bytes), { signal });
    } catch (error) {
      if (!(error instanceof RpcError) || error.code !== Code.NOT_FOUND) throw error;
      throw new NoRecordError(`the daemon doesn't have ${found}`, { cause: error });
    }
  },
});
