import { isJsonFormat, textOrJson } from "../../cli/flags/common.ts";
import { nearest } from "../../base/nearest.ts";
import { defineCommand } from "../../cli/command.ts";
import { goJson } from "../../base/go/json.ts";
import { alignColumns } from "../../base/go/tabwriter.ts";
import { UsageError } from "../../base/usage_error.ts";
import { findTransports, type Found } from "./found.ts";
import { jsonOf } from "./json.ts";

export const command = defineCommand({
  args: { usage: "[OPTIONS] SCHEME", min: 1, max: 1 },
  ignoresBuilder: true,
  flags: textOrJson,
  async run({ deps, args, flags }) {
    const isJson = isJsonFormat(flags.format);
    const scheme = args[0]!.replace(/:(?:\/\/.*)?$/, "").toLowerCase();
    const found = await findTransports(deps.registry, scheme);
    if (found.length === 0) {
      const near = nearest(scheme, deps.registry.transports.map((transport) => transport.scheme));
      throw new UsageError(
        `no transport for the scheme ${JSON.stringify(scheme)}`,
        near === undefined ? "see 'fairlead transports'" : `did you mean ${near}?`,
      );
    }
    const text = isJson
      ? found.map((one) => `${goJson(jsonOf(one))}\n`).join("")
      : found.map(textOf).join("\n");
    deps.stdout.write(text);
    return found[0]!.status === "ok" ? 0 : 1;
  },
});

function textOf(found: Found): string {
  const lines = [
    ["Scheme", found.scheme],
    ["Status", found.status],
    ["Problem", found.problem],
    ["Hint", found.hint],
    ["Kind", found.kind],
    ["Path", found.path],
    ["Name", found.name],
    ["Version", found.version],
    ["Vendor", found.vendor],
    ["Summary", found.summary],
    ["Protocol", found.protocol],
    ["Handshake", found.handshake],
  ].filter(([, text]) => text !== "").map(([key, text]) => `${key}:\t${text}\n`);
  const options = found.options.map(({ name, summary, required, secret }) => {
    const marks = [required && "required", secret && "secret"].filter(Boolean).join(", ");
    return `  ${name}\t${summary}${marks && ` (${marks})`}\n`;
  });
  const table = (rows: readonly string[]) =>
    alignColumns(rows.join(""), { padding: 3, minimum: 0 });
  return table(lines) + (options.length === 0 ? "" : `Options:\n${table(options)}`);
}
