import { deepEqual, rejects } from "node:assert/strict";
import { tempFolder } from "../../tests/harness/temp_folder.ts";
import { parseOutputs } from "../../grammar/output.ts";
import { nameImages, type OutputOptions, resolveOutputs } from "./output.ts";

type Options = Partial<OutputOptions> & { tags?: string[] };
const plain: OutputOptions = { load: false, push: false, stdoutIsTerminal: false };
const resolve = async (texts: string[], { tags = [], ...options }: Options = {}) =>
  nameImages(await resolveOutputs(parseOutputs(texts), { ...plain, ...options }), tags);

Deno.test("outputs go where they should", async () => {
  using folder = tempFolder();
  const dir = folder.path;
  const cases: [string, Options, unknown][] = [
    [dir, {}, {
      type: "local",
      attrs: {},
      target: { to: "directory", path: dir, mode: "copy" },
    }],
    [`type=local,dest=${dir}/new,mode=delete`, {}, {
      type: "local",
      attrs: { mode: "delete" },
      target: { to: "directory", path: `${dir}/new`, mode: "delete" },
    }],
    ["-", {}, { type: "tar", attrs: {}, target: { to: "stdout" } }],
    ["type=oci", {}, { type: "oci", attrs: {}, target: { to: "stdout" } }],
    [`type=docker,dest=${dir}/x.tar`, { tags: ["a:1", "b"] }, {
      type: "docker",
      attrs: { name: "a:1,b" },
      target: { to: "file", path: `${dir}/x.tar` },
    }],
    ["type=docker,context=other", {}, {
      type: "docker",
      attrs: {},
      target: { to: "engine", program: "docker", context: "other", socket: undefined },
    }],
    ["type=docker,load=podman,socket=/s", { tags: ["a"] }, {
      type: "docker",
      attrs: { name: "a" },
      target: { to: "engine", program: "podman", context: undefined, socket: "/s" },
    }],
    ["type=docker,load=containerd,namespace=n", { tags: ["a"], load: true }, {
      type: "oci",
      attrs: { tar: "false", name: "a" },
      target: { to: "containerd", socket: undefined, namespace: "n" },
    }],
    [`type=oci,tar=false,dest=${dir}`, {}, {
      type: "oci",
      attrs: { tar: "false" },
      target: { to: "layout", path: dir },
    }],
    ["type=registry,name=old", { tags: ["r/a"] }, {
      type: "image",
      attrs: { name: "r/a", push: "true", unpack: "false" },
      target: { to: "daemon" },
    }],
    ["type=registry,name=r/a,unpack=true", {}, {
      type: "image",
      attrs: { name: "r/a", push: "true", unpack: "true" },
      target: { to: "daemon" },
    }],
  ];
  for (const [text, options, want] of cases) {
    deepEqual(await resolve([text], options), [want], text);
  }
});

Deno.test("--push and --load add to what is there, or stand alone", async () => {
  const image = (attrs: Record<string, string>) => ({
    type: "image",
    attrs,
    target: { to: "daemon" },
  });
  const engine = { to: "engine", program: "docker", context: undefined, socket: undefined };
  const load = { type: "docker", attrs: {}, target: engine };
  deepEqual(await resolve([], { push: true, tags: ["r/a"] }), [
    image({ push: "true", unpack: "false", name: "r/a" }),
  ]);
  deepEqual(await resolve(["type=image,name=r/a"], { push: true }), [
    image({ push: "true", unpack: "false", name: "r/a" }),
  ]);
  deepEqual(await resolve([], { load: true }), [load]);
  deepEqual(await resolve(["type=docker"], { load: true }), [load]);
  deepEqual((await resolve(["type=docker,dest=x.tar"], { load: true })).length, 2);
  deepEqual(await resolve(["type=cacheonly"]), []);
  await rejects(resolve([], { push: true }), {
    name: "UsageError",
    message: "tag is needed when pushing to registry",
  });
});

Deno.test("impossible destinations are refused", async () => {
  using folder = tempFolder();
  const dir = folder.path;
  await Deno.writeTextFile(`${dir}/file`, "");
  const bad: [string[], string][] = [
    [["type=local"], "dest is required for local exporter"],
    [["type=local,dest=-"], "dest cannot be stdout for local exporter"],
    [["type=oci,tar=0"], "dest is required for oci exporter"],
    [[`${dir}/file`], `destination directory ${dir}/file is a file`],
    [[`type=tar,dest=${dir}`], `destination file ${dir} is a directory`],
    [
      [`type=tar,dest=${dir}/file/x`],
      `invalid destination file: ${dir}/file/x: stat ${dir}/file/x: not a directory`,
    ],
    [["type=oci,load=podman"], "load needs type=docker, and no dest"],
    [["type=image,load=podman"], "load needs type=docker, and no dest"],
    [["type=docker,load=podman,dest=x"], "load needs type=docker, and no dest"],
    [["-", "type=oci"], "multiple outputs configured to write to stdout"],
    [[`type=local,dest=${dir},mode=x`], 'invalid local exporter mode "x"'],
  ];
  for (const [texts, message] of bad) {
    await rejects(resolve(texts), { name: "UsageError", message }, texts.join(" "));
  }
  await rejects(resolve(["-"], { stdoutIsTerminal: true }), {
    message: "dest file is required for tar exporter. refusing to write to console",
  });
  await rejects(resolve([dir], { tags: ["A"] }), {
    message: 'invalid tag "A": repository name must be lowercase',
  });
});
