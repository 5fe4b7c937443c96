import assert from "node:assert/strict";
import { buildName } from "./build_name.ts";

const project = { Target: "default", LocalPath: "/tmp/project", DockerfilePath: "" };

const cases: [string, Record<string, string>, string?, string?][] = [
  ["", {}],
  ["foobar", { "build-arg:BUILDKIT_BUILD_NAME": "foobar", target: "x" }, "/tmp/project"],
  ["project", {}, "/tmp/project"],
  ["project", {}, "/tmp/project", "/tmp/project/Dockerfile"],
  ["project (release)", { target: "release" }, "/tmp/project"],
  [
    "project/deploy/Dockerfile.release",
    {},
    "/tmp/project",
    "/tmp/project/deploy/Dockerfile.release",
  ],
  ["project/deploy", {}, "/tmp/project", "/tmp/project/deploy/Dockerfile"],
  ["other/my.dockerfile", {}, "/tmp/project", "/srv/other/my.dockerfile"],
  ["subdir", { "vcs:localdir:context": "subdir" }],
  ["subdir (release)", { context: "subdir", target: "release" }, "/tmp/project"],
  ["release", { target: "release" }],
  [
    "deploy/Dockerfile.release",
    { filename: "Dockerfile.release", "vcs:localdir:dockerfile": "deploy" },
  ],
  [
    "https://github.com/docker/buildx.git#main",
    { "input:context": "https://github.com/docker/buildx.git?ref=main" },
  ],
  [
    "https://github.com/docker/buildx.git#refs/tags/v1",
    { "vcs:source": "https://github.com/docker/buildx.git?tag=v1" },
  ],
  ["git@github.com:docker/buildx.git", { "vcs:source": "git@github.com:docker/buildx.git" }],
  ["", {}, "https://github.com/docker/buildx.git"],
];

for (const [name, attrs, LocalPath, DockerfilePath = ""] of cases) {
  Deno.test(`buildName() of ${JSON.stringify(attrs)} in ${LocalPath} ${DockerfilePath}`, () => {
    const state = LocalPath === undefined ? undefined : { ...project, LocalPath, DockerfilePath };
    assert.equal(buildName(attrs, state), name);
  });
}
