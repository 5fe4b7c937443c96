/** Images in registries for the tests of `imagetools`, and both programs asked about them. */
import { deepEqual, equal, match } from "node:assert/strict";
import { type Workspace, workspace } from "../build/workspace.ts";
import { startRegistry } from "../harness/registry.ts";
import { sharedBuildkitd } from "../harness/shared.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";
import { withoutHints } from "./beside.ts";
import { succeeds } from "../harness/ended.ts";

export const ignore = skip(
  needsRoot() ??
    await missing("buildkitd", "buildx", "runc", "busybox", "docker-registry", "openssl", "perl"),
);
export const shared = ignore ? undefined : await sharedBuildkitd();
const login = { user: "me", password: "p4ss:w0rd" };
export const locked = ignore ? undefined : await startRegistry({ password: login });

const dockerfile = `FROM scratch
COPY . /
LABEL a="x<y>&z"
ENV PATH=/bin
EXPOSE 80
`;

/** A workspace with images: several platforms with provenance, one, and Docker's old kind. */
export async function world() {
  const { address, registry } = shared!;
  const space = await workspace(address);
  space.write({
    "ctx/Dockerfile": dockerfile,
    "ctx/file": crypto.randomUUID(),
    ".docker/config.json": JSON.stringify({
      auths: { [locked!.host]: { auth: btoa(`${login.user}:${login.password}`) } },
    }),
  });
  const base = `${registry}/t${crypto.randomUUID().slice(0, 8)}`;
  const build = async (name: string, ...args: string[]) => {
    const { code, stderr } = await space.fairlead(["build", "-q", ...args, "ctx"]);
    equal(code, 0, `${name}: ${stderr}`);
    return `${base}/${name}:1`;
  };
  const several = await build(
    "several",
    ...["--push", "-t", `${base}/several:1`, "--platform", "linux/amd64,linux/arm64,linux/arm/v7"],
    ...["--provenance", "mode=max", "--annotation", "index,manifest-descriptor:org.x=y<z"],
  );
  const single = await build("single", "--push", "-t", `${base}/single:1`, "--provenance=false");
  const docker = await build(
    "docker",
    ...["-o", `type=image,push=true,oci-mediatypes=false,name=${base}/docker:1`],
    "--provenance=false",
  );
  return { space, base, several, single, docker };
}

/** Asserts that both say the same; of the one that fails, what stands above the hint. */
export async function same(
  space: Workspace,
  args: readonly string[],
  env: Record<string, string> = {},
) {
  const theirs = await space.buildx(["imagetools", ...args], env);
  const ours = withoutHints(await space.inside(["imagetools", ...args], env));
  deepEqual(ours, theirs, args.join(" "));
  return ours;
}

/**
 * Makes an image with `buildx imagetools create` and with ours under two names, and compares all
 * bytes.
 */
export async function sameImage(space: Workspace, base: string, args: readonly string[]) {
  const raw: string[] = [];
  const metadata: string[] = [];
  for (const [name, program] of [["theirs", space.buildx], ["ours", space.fairlead]] as const) {
    const to = `${base}/${name}${crypto.randomUUID().slice(0, 8)}`;
    const made = await succeeds(program([
      ...["imagetools", "create", "-t", `${to}:1`, "-t", `${to}:2`, "--progress", "plain"],
      ...["--metadata-file", "meta.json", ...args],
    ]));
    match(made.stderr, new RegExp(`^#1 \\[internal\\] pushing ${to}$`, "m"));
    match(made.stderr, new RegExp(`pushing sha256:\\S+ to ${to}:2$`, "m"));
    raw.push((await space.buildx(["imagetools", "inspect", "--raw", `${to}:2`])).stdout);
    metadata.push(space.read("meta.json").replaceAll(to, "NAME"));
    // All of it is there: each configuration and each layer.
    equal(
      (await space.buildx(["imagetools", "inspect", `${to}:1`, "--format", "{{json .}}"])).code,
      0,
    );
  }
  equal(raw[1], raw[0], args.join(" "));
  equal(metadata[1], metadata[0], args.join(" "));
}
