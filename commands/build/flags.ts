import type { FlagSpecs } from "../flags/spec.ts";

/** The flags of `build`, in buildx's words. */
export const buildFlags = {
  "build-arg": { kind: "array", summary: "Set build-time variables" },
  "cache-from": {
    kind: "array",
    summary: 'External cache sources (e.g., "user/app:cache", "type=local,src=path/to/dir")',
  },
  "cache-to": {
    kind: "array",
    summary: 'Cache export destinations (e.g., "user/app:cache", "type=local,dest=path/to/dir")',
  },
  file: {
    kind: "string",
    short: "f",
    summary: 'Name of the Dockerfile (default: "PATH/Dockerfile")',
  },
  iidfile: { kind: "string", summary: "Write the image ID to a file" },
  label: { kind: "array", summary: "Set metadata for an image" },
  load: { kind: "bool", summary: 'Shorthand for "--output=type=docker"' },
  "metadata-file": { kind: "string", summary: "Write build result metadata to a file" },
  "no-cache": { kind: "bool", summary: "Do not use cache when building the image" },
  output: {
    kind: "array",
    short: "o",
    summary: 'Output destination (format: "type=local,dest=path")',
  },
  platform: {
    kind: "array",
    env: "DOCKER_DEFAULT_PLATFORM",
    summary: "Set target platform for build",
  },
  progress: {
    kind: "string",
    default: "auto",
    summary:
      'Set type of progress output ("auto", "none",  "plain", "quiet", "rawjson", "tty"). Use plain to show container output',
  },
  pull: { kind: "bool", summary: "Always attempt to pull all referenced images" },
  push: { kind: "bool", summary: 'Shorthand for "--output=type=registry,unpack=false"' },
  quiet: {
    kind: "bool",
    short: "q",
    summary: "Suppress the build output and print image ID on success",
  },
  secret: {
    kind: "array",
    summary: 'Secret to expose to the build (format: "id=mysecret[,src=/local/secret]")',
  },
  tag: {
    kind: "array",
    short: "t",
    summary: 'Image identifier (format: "[registry/]repository[:tag]")',
  },
  target: { kind: "string", summary: "Set the target build stage to build" },
} as const satisfies FlagSpecs;
