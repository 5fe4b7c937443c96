/** The sources of random builds: images, a signed repository, a download, keys, a folder. */
import { gitDaemon } from "../harness/git.ts";
import { digest } from "../harness/random.ts";
import { webServer } from "../harness/web_server.ts";
import { world } from "../operate/images.ts";
import type { Sources } from "./random_builds.ts";
import { signedRepository, signer } from "./signers.ts";
import { succeeds } from "../harness/ended.ts";

/** The content that is downloaded, and signed. */
const CONTENT = "downloaded\n";

/** Sources of all kinds, the folder `pair` for builds, and a way to commit to the repository. */
export async function pairSources(open: AsyncDisposableStack) {
  const { space, base, several } = await world();
  open.use(space);
  const me = open.use(await signer(await Deno.makeTempDir({ prefix: "fl" }) + "/k", "me"));
  const other = open.use(await signer(await Deno.makeTempDir({ prefix: "fl" }) + "/k", "other"));
  space.write({
    "rich/Dockerfile": "FROM scratch\nCOPY Dockerfile /\nUSER 1000:1000\nVOLUME /data\n" +
      "WORKDIR /work\nLABEL a=1 b=2\nENV PATH=/bin A=\n",
    "git/r.git/Dockerfile": "FROM scratch\nCOPY Dockerfile /\n",
    "git/r.git/sub/Dockerfile": "FROM scratch\nCOPY Dockerfile /\n",
    "pair/static.json": JSON.stringify({
      rules: [{
        action: "CONVERT",
        selector: { identifier: `docker-image://${several}` },
        updates: { identifier: `docker-image://${base}/rich:1` },
      }],
    }),
    "pair/signer.pub": me.ssh,
    "pair/signer.asc": me.pgp,
    "pair/other.pub": other.ssh,
    "pair/other.asc": other.pgp,
    "pair/f.txt.asc": await me.sign(CONTENT),
  });
  await succeeds(space.fairlead([
    ...["build", "-q", "--push", "-t", `${base}/rich:1`, "--build-arg", "A=1", "rich"],
  ]));
  await succeeds(space.fairlead([
    ...["build", "-q", "-o", "type=oci,tar=false,dest=pair/layout", "rich"],
  ]));
  await signedRepository(space.path("git/r.git"), me);
  const daemon = open.use(await gitDaemon(space.path("git")));
  const server = open.use(webServer(() => new Response(CONTENT)));
  const inspected = await space.buildx([
    ...["imagetools", "inspect", "--format", "{{.Manifest.Digest}}", several],
  ]);
  const sources: Sources = {
    images: [several, `${base}/rich:1`],
    digest: inspected.stdout.trim(),
    git: `${daemon.url}/r.git`,
    commit: await me.git(space.path("git/r.git"), "none", "rev-parse", "HEAD"),
    http: server.url,
    sum: `sha256:${await digest(new TextEncoder().encode(CONTENT))}`,
  };
  const keys = ["signer.pub", "signer.asc", "other.pub", "other.asc", "f.txt.asc"].map((name) =>
    [name, space.read(`pair/${name}`)] as const
  );
  async function commit(files: Readonly<Record<string, string>>): Promise<void> {
    const folder = space.path("git/r.git");
    await me.git(folder, "none", "checkout", "-q", "-B", "random");
    await me.git(folder, "none", "rm", "-q", "-r", ".");
    const all = { ...files, ...Object.fromEntries(keys) };
    space.write(
      Object.fromEntries(Object.entries(all).map(([name, text]) => [`git/r.git/${name}`, text])),
    );
    await me.git(folder, "none", "add", ".");
    await me.git(folder, "none", "commit", "-q", "-m", "random");
    await me.git(folder, "none", "checkout", "-q", "-f", "main");
  }
  return { space, sources, commit };
}
