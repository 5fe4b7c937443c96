/** Debian's containerd as a Kubernetes node's runtime. */
import { accepts, type Daemon, makeRoot, startDaemon } from "./daemon.ts";
import { buildkitImage, writeBuildkitImage } from "./buildkit_image.ts";
import { check } from "./run.ts";
import { need } from "./tool.ts";

/** By the full name that the node knows it by. */
export const podImage = `docker.io/library/${buildkitImage}:latest`;

export interface Containerd extends Daemon {
  readonly socket: string;
  ctr(...args: string[]): Promise<string>;
}

/** With the image of BuildKit, which serves the pods' sandboxes, too. */
export async function startContainerd(): Promise<Containerd> {
  const program = await need("containerd");
  const runc = await need("runc");
  const loopback = await need("loopback");
  const root = await makeRoot("ctd");
  const socket = `${root}/s`;
  await Deno.mkdir(`${root}/net.d`);
  const network = { cniVersion: "1.0.0", name: "lo", plugins: [{ type: "loopback" }] };
  await Deno.writeTextFile(`${root}/net.d/10-lo.conflist`, JSON.stringify(network));
  const cri = `plugins."io.containerd.grpc.v1.cri"`;
  // Scores can't be lowered without CAP_SYS_RESOURCE.
  await Deno.writeTextFile(
    `${root}/config.toml`,
    `version = 2
root = "${root}/root"
state = "${root}/state"
[grpc]
address = "${socket}"
[${cri}]
restrict_oom_score_adj = true
sandbox_image = "${podImage}"
stream_server_address = "127.0.0.1"
[${cri}.cni]
bin_dir = "${loopback.slice(0, loopback.lastIndexOf("/"))}"
conf_dir = "${root}/net.d"
[plugins."io.containerd.internal.v1.opt"]
path = "${root}/opt"
`,
  );
  const daemon = await startDaemon({
    name: "containerd",
    command: [program, `--config=${root}/config.toml`],
    root,
    env: {
      PATH: `${runc.slice(0, runc.lastIndexOf("/"))}:${Deno.env.get("PATH") ?? ""}:/usr/sbin`,
    },
    ready: () => accepts({ transport: "unix", path: socket }),
    readyWithinMs: 60_000,
  });
  const ctr = async (...args: string[]) =>
    (await check("ctr", ["--address", socket, "--namespace", "k8s.io", ...args])).stdout;
  try {
    await ctr("images", "import", await writeArchive(root));
    return { ...daemon, socket, ctr };
  } catch (error) {
    await daemon.stop();
    throw error;
  }
}

/** The image as `docker save` would write it. */
async function writeArchive(root: string): Promise<string> {
  const layer = await writeBuildkitImage(root);
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
