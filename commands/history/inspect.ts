import { openStore } from "../../builders/builder.ts";
import { defineCommand } from "../../cli/command.ts";
import { reachNodes } from "../../cli/builders/reached_nodes.ts";
import { rootPath } from "../../cli/root.ts";
import { debugIsSet } from "../../cli/run.ts";
import { compileTemplate } from "../../base/go/template/template.ts";
import { attachmentsOf } from "./records/attachments.ts";
import { desktopUrl } from "./records/desktop.ts";
import { failureOf } from "./inspect/failure.ts";
import { inspectText } from "./inspect/inspect_text.ts";
import { inspectJson, templateValue } from "./inspect/inspect_values.ts";
import { inspection } from "./inspect/inspection.ts";
import { readLocalState } from "./records/local_state.ts";
import { materialsOf } from "./inspect/materials.ts";
import { findRecord } from "./records/records.ts";

export const command = defineCommand({
  args: { usage: "[OPTIONS] [REF]", min: 0, max: 1 },
  flags: {
    format: { kind: "string", default: "pretty", summary: "Format the output" },
  },
  commands: [{
    name: "attachment",
    summary: "Inspect a build record attachment",
    load: () => import("./inspect/attachment.ts"),
  }],
  async run({ deps, args: [ref = ""], flags: { format }, global }) {
    const isWord = format === "pretty" || format === "json";
    const template = isWord ? undefined : compileTemplate(format);
    const { signal } = deps;
    await using nodes = await reachNodes(deps, global);
    const found = await findRecord(nodes, ref, { signal });
    nodes.warn(deps);
    const { at, record } = found;
    const attachments = await attachmentsOf(at.client, record, signal);
    const data = inspection(found, {
      state: readLocalState(openStore(deps.env), found),
      cwd: deps.cwd,
      failure: await failureOf(at, record, signal),
      materials: await materialsOf(at.client, attachments, signal),
      attachments,
    });
    const text = format === "json"
      ? inspectJson(data)
      : template !== undefined
      ? template(templateValue(data)) + "\n"
      : inspectText(data, {
        program: rootPath(deps),
        named: ref !== "",
        debug: global.debug || debugIsSet(deps.env),
        url: desktopUrl(found),
      });
    deps.stdout.write(text);
  },
});
