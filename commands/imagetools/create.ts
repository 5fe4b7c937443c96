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
import { combine, readSource } from "../../images/combine.ts";
import { filterPlatforms } from "../../images/filter_platforms.ts";
import { type Location, locationName, parseLocation } from "../../images/location.ts";
import { descriptorStruct } from "../../images/oci_structs.ts";
import { places as openPlaces } from "../../images/places.ts";
import { publish } from "../../images/publish.ts";
import { mergeDescriptor, parseSources } from "../../images/sources.ts";

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
    if (args.length === 0 && flags.file.length === 0) throw new UsageError("no sources specified");
    if (!flags["dry-run"] && flags.tag.length === 0) {
      throw new UsageError("can't push with no tags specified, please set --tag or --dry-run");
    }
    const { mode } = chooseMode({
      flag: flags.progress,
      quiet: false,
      env: deps.env,
      isTerminal: deps.stderr.isTerminal,
    });
    const tags = flags.tag.map(parseLocation);
    const before = flags.append ? flags.tag.slice(0, 1) : [];
    const texts = [...before, ...flags.file.map((file) => readFile(file, deps)), ...args];
    const typed = parseSources(texts, tags);
    const platforms = flags.platform.flatMap((text) => text.split(",")).map(readPlatform);
    const annotations = readAnnotations(flags.annotation);

    using registries = await registriesOfBuilder(deps, global);
    const places = openPlaces(registries, deps.cwd);
    const sources = await Promise.all(typed.map(async ({ location, known }) => {
      const found = await places.reader(location).resolve(placeOf(location, known.digest));
      const descriptor = mergeDescriptor(found, known);
      return await readSource(places, { location, descriptor });
    }));
    const combined = await combine(sources, annotations, flags["prefer-index"]);
    const first = sources[0]!.location;
    const image = await filterPlatforms(combined, platforms, places, first);
    if (flags["dry-run"]) {
      await deps.stdout.writeBytes(image.bytes);
      return deps.stdout.write("\n");
    }

    using progress = progressOf(deps, { mode, debug: global.debug });
    try {
      await publish(image, tags, places, progress.local);
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

/** A digest that is known goes before the tag of the place. */
function placeOf({ ref }: Location, digest: string | undefined) {
  return { tag: ref.tag, digest: digest ?? ref.digest };
}

function readFile(path: string, deps: Deps): string {
  try {
    return Deno.readTextFileSync(absolutePath(path, deps.cwd));
  } catch (error) {
    throw new UsageError(`cannot read ${path}: ${osReason(error)}`);
  }
}
