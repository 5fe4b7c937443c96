/** `docker compose build`, which hands its services to fairlead as docker's `buildx` plugin. */
import { equal, match, ok } from "node:assert/strict";
import { type Workspace, workspace } from "../build/workspace.ts";
import { dockerCompose } from "../harness/compose.ts";
import { dockerEngine, startDockerd } from "../harness/dockerd.ts";
import { run } from "../harness/run.ts";
import { sharedBuildkitd } from "../harness/shared.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";
import { fails, succeeds } from "../harness/ended.ts";

const compose = await dockerCompose();
const ignore = skip(
  needsRoot() ?? await missing("buildkitd", "buildctl", "runc", "busybox", "docker-registry") ??
    (await dockerEngine()).reason,
) || skip(compose.reason, { optional: true });
const test = (name: string, fn: Deno.TestDefinition["fn"]) => Deno.test({ name, ignore, fn });
const address = ignore ? "" : (await sharedBuildkitd()).address;
const program = new URL("../../scripts/fairlead", import.meta.url).pathname;

/** Puts fairlead where docker looks for its `buildx` plugin, and a project with two services. */
function project(space: Workspace): void {
  space.write({
    "compose.yaml": `
services:
  web:
    image: web:1
    build:
      context: ./web
      args: {GREETING: hello, DOLLARS: "$$x $\${y}"}
      secrets: [token]
  api:
    image: api:1
    depends_on: [web]
    build:
      context: ./api
      additional_contexts: {web: "service:web"}
      dockerfile: ../shared/Dockerfile
secrets:
  token: {file: /etc/hostname}
`,
    "web/Dockerfile": `FROM busybox
ARG GREETING
ARG DOLLARS
RUN --mount=type=secret,id=token echo "$GREETING $DOLLARS $(cat /run/secrets/token)" > /said
`,
    "shared/Dockerfile": "FROM web\nRUN echo api >> /said\n",
    "api/x": "",
  });
  Deno.mkdirSync(space.path(".docker/cli-plugins"));
  Deno.symlinkSync(program, space.path(".docker/cli-plugins/docker-buildx"));
}

async function composeRun(space: Workspace, docker: string, args: readonly string[]) {
  return await run(compose.path!, ["--progress", "plain", "-p", "p", ...args], {
    cwd: space.dir,
    env: { ...space.env, DOCKER_HOST: docker },
  });
}

test("docker compose build: two services, one on top of the other, on a remote builder", async () => {
  await using engine = await startDockerd();
  await using space = await workspace(address);
  project(space);
  const { stdout, stderr } = await succeeds(composeRun(space, engine.address, ["build"]));
  for (const name of ["web:1", "api:1"]) ok((stdout + stderr).includes(`${name}  Built`), name);
  const said = await engine.docker("run", "--rm", "--network", "none", "api:1", "cat", "/said");
  const host = Deno.readTextFileSync("/etc/hostname").trim();
  equal(said.stdout, `hello $x \${y} ${host}\napi\n`);
});

test("docker compose build: the error of a service's Dockerfile is shown", async () => {
  await using engine = await startDockerd();
  await using space = await workspace(address);
  project(space);
  space.write({ "web/Dockerfile": "FROM busybox\nRUN echo before; exit 7\n" });
  const { stdout, stderr } = await fails(composeRun(space, engine.address, ["build", "web"]));
  match(stdout + stderr, /exit code: 7/);
});
