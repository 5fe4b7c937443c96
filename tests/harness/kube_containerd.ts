/** Debian's containerd as a Kubernetes node's runtime. */
import { buildkitImage, writeBuildkitImage } from "./buildkit_image.ts";
import { type Containerd, startContainerd } from "./containerd.ts";
import { check } from "./run.ts";
import { need } from "./tool.ts";

/** By the full name that the node knows it by. */
export const podImage = `docker.io/library/${buildkitImage}:latest`;

/** With the image of BuildKit, which serves the pods' sandboxes, too. */
export async function startNodeContainerd(): Promise<Containerd> {
  await sweepCgroups();
  const containerd = await startContainerd({ cri });
  try {
    await containerd.ctr("k8s.io", "images", "import", await writeArchive(containerd.root));
    return containerd;
  } catch (error) {
    await containerd.stop();
    throw error;
  }
}

async function cri(root: string): Promise<string> {
  const loopback = await need("loopback");
  await Deno.mkdir(`${root}/net.d`);
  const network = { cniVersion: "1.0.0", name: "lo", plugins: [{ type: "loopback" }] };
  await Deno.writeTextFile(`${root}/net.d/10-lo.conflist`, JSON.stringify(network));
  const plugin = `plugins."io.containerd.grpc.v1.cri"`;
  // Scores can't be lowered without CAP_SYS_RESOURCE.
  return `[${plugin}]
restrict_oom_score_adj = true
sandbox_image = "${podImage}"
stream_server_address = "127.0.0.1"
[${plugin}.cni]
bin_dir = "${loopback.slice(0, loopback.lastIndexOf("/"))}"
conf_dir = "${root}/net.d"`;
}

/** The age of a cgroup that may be deleted: another cluster may be about to use a younger one. */
const ABANDONED_MS = 60_000;

/** Deletes the cgroups that the containers of earlier clusters have left. */
async function sweepCgroups(): Promise<void> {
  const root = "/sys/fs/cgroup";
  const hierarchies = [...Deno.readDirSync(root)].filter(({ isDirectory }) => isDirectory);
  for (const folder of [root, ...hierarchies.map(({ name }) => `${root}/${name}`)]) {
    const names = await Array.fromAsync(Deno.readDir(`${folder}/k8s.io`)).catch(() => []);
    for (const { name, isDirectory } of names) {
      const path = `${folder}/k8s.io/${name}`;
      const { mtime } = await Deno.stat(path).catch(() => ({ mtime: null }));
      if (!isDirectory || mtime === null || Date.now() - mtime.getTime() < ABANDONED_MS) continue;
      // A cgroup with processes can't be removed.
      await Deno.remove(path).catch(() => {});
    }
  }
}

/** The image as `docker save` would write it. */
async function writeArchive(root: string): Promise<string> {
  const layer = `${root}/rootfs.tar`;
  await writeBuildkitImage(layer);
  const hash = (await check("sha256sum", [layer])).stdout.slice(0, 64);
  const config = { Env: ["PATH=/bin"], Cmd: ["sleep", "1000000"] };
  const rootfs = { type: "layers", diff_ids: [`sha256:${hash}`] };
  const architecture = Deno.build.arch === "aarch64" ? "arm64" : "amd64";
  const image = { architecture, os: "linux", config, rootfs };
  const manifest = [{ Config: "config.json", RepoTags: [podImage], Layers: ["rootfs.tar"] }];
  await Deno.writeTextFile(`${root}/config.json`, JSON.stringify(image));
  await Deno.writeTextFile(`${root}/manifest.json`, JSON.stringify(manifest));
  const archive = `${root}/image.tar`;
  await check("tar", ["-C", root, "-cf", archive, "manifest.json", "config.json", "rootfs.tar"]);
  await Deno.remove(layer);
  return archive;
}
