import type { BuilderError } from "../../builders/builder_error.ts";
import { parsePlatform, type Platform } from "../../builders/platforms.ts";
import { osReason } from "../../base/os_reason.ts";
import { absolutePath } from "../../base/paths.ts";
import { writeResult } from "../../builds/results/result.ts";
import { defineCommand } from "../../cli/command.ts";
import type { Deps } from "../../cli/deps.ts";
import { quote } from "../../base/go/quote.ts";
import { goJson } from "../../base/go/json.ts";
import { chooseMode } from "../../progress/mode.ts";
import { progressOf } from "../../progress/command_progress.ts";
import { registriesOfBuilder } from "../../cli/builders/registries.ts";
import { makeStruct } from "../../base/go/template/struct.ts";
import { UsageError } from "../../base/usage_error.ts";
import { readAnnotations } from "../../images/annotations.ts";
import { createImage } from "../../images/create_image.ts";
import { locationName, parseLocation } from "../../images/location.ts";
import { descriptorStruct } from "../../images/oci_structs.ts";
import { openRepositories } from "../../images/repositories.ts";
import { publish } from "../../images/publish.ts";
import { parseSources } from "../../images/sources.ts";

export const command = defineCommand({
  args: { usage: "[OPTIONS] [SOURCE...]", min: 0, max: Infinity },
  flags: {
    annotation: { kind: "array", summary: "Add annotation to the image" },
    append: { kind: "bool", summary: "Append to existing manifest" },
    "dry-run": { kind: "bool", summary: "Show final image instead of pushing" },
    file: { kind: "array", short: "f", summary: "Read source descriptor from file" },
    "metadata-file": { kind: "string", summary: "Write create result metadata to a file" },
    platform: { kind: "array", short: "p", summary: "Filter specified platforms of target image" },
    "prefer-index": {
      kind: "bool",
      default: "true",
      summary: "When only a single source is specified, prefer outputting an image index or " +
        "manifest list instead of performing a carbon copy",
    },
    progress: {
      kind: "string",
      default: "auto",
      summary: 'Set type of progress output ("auto", "none", "plain", "rawjson", "tty"). ' +
        "Use plain to show container output",
    },
    tag: { kind: "array", short: "t", summary: "Set reference for new image" },
  },
  async run({ deps, args, flags, global }) {
    if (args.length === 0 && flags.file.length === 0) {
      throw new UsageError(
        "no sources specified",
        "name the images to combine: fairlead imagetools create -t NEW SOURCE...",
      );
    }
    if (!flags["dry-run"] && flags.tag.length === 0) {
      throw new UsageError("can't push with no tags specified, please set --tag or --dry-run");
    }
    const { mode } = chooseMode(flags.progress, deps);
    const tags = flags.tag.map(parseLocation);
    const before = flags.append ? flags.tag.slice(0, 1) : [];
    const texts = [...before, ...flags.file.map((file) => readFile(file, deps)), ...args];
    const sources = parseSources(texts, tags);
    const platforms = flags.platform.flatMap((text) => text.split(",")).map(readPlatform);
    const annotations = readAnnotations(flags.annotation);

    using registries = await registriesOfBuilder(deps, global);
    const repositories = openRepositories(registries, deps.cwd);
    const options = { annotations, platforms, preferIndex: flags["prefer-index"] };
    const image = await createImage(sources, options, repositories);
    if (flags["dry-run"]) {
      await deps.stdout.writeBytes(image.bytes);
      return deps.stdout.write("\n");
    }

    using progress = progressOf(deps, { mode, debug: global.debug });
    try {
      await publish(image, tags, repositories, progress.local, mode === "tty");
      progress.finish();
    } catch (error) {
      progress.finish({ error, canceled: deps.signal.aborted });
      throw error;
    }
    if (flags["metadata-file"]) {
      const metadata = {
        "containerimage.descriptor": makeStruct(descriptorStruct, image.descriptor),
        "image.name": [...new Set(tags.map(locationName))].sort().join(","),
      };
      writeResult(absolutePath(flags["metadata-file"], deps.cwd), goJson(metadata, 2));
    }
  },
});

function readPlatform(text: string): Platform {
  try {
    return parsePlatform(text);
  } catch (error) {
    const { message, hint } = error as BuilderError;
    throw new UsageError(`invalid platform ${quote(text)}: ${message}`, hint);
  }
}

function readFile(path: string, deps: Deps): string {
  try {
    return Deno.readTextFileSync(absolutePath(path, deps.cwd));
  } catch (error) {
    throw new UsageError(`cannot read ${path}: ${osReason(error)}`);
  }
}
