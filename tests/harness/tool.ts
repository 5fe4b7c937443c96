/** Finds the programs that tests run against: those of `tests/daemons`, and Debian's. */
import { debian } from "./debian.ts";

/** Programs of the Go tools modules, and the unit of `tests/daemons/build` that makes each. */
const goTools = {
  buildkitd: "buildkit",
  buildctl: "buildkit",
  buildx: "buildx",
  h2spec: "h2spec",
  actionlint: "actionlint",
  "fsutil-oracle": "oracle",
  "cache-servers": "caches",
  "kube-apiserver": "kubernetes",
  kubelet: "kubernetes",
} as const;

/**
 * Programs from npm: package, version, and the day as of which its dependencies are taken.
 * Azurite's later versions want a newer Node than Debian machines have.
 */
const npmPrograms = { "azurite-blob": ["azurite", "3.34.0", "2025-12-01"] } as const;

/** Debian's programs, and the package that brings each. */
const debianPrograms = {
  runc: "runc",
  containerd: "containerd",
  "docker-registry": "docker-registry",
  busybox: "busybox-static",
  nghttp: "nghttp2-client",
  nghttpd: "nghttp2-server",
  openssl: "openssl",
  perl: "perl-base",
  podman: "podman",
  sshd: "openssh-server",
  ssh: "openssh-client",
  "ssh-keygen": "openssh-client",
  gpg: "gnupg",
  docker: "docker-cli",
  bash: "bash",
  tmux: "tmux",
  fish: "fish",
  script: "bsdutils",
  shellcheck: "shellcheck",
  zsh: "zsh",
  chromium: "chromium",
  etcd: "etcd-server",
  loopback: "containernetworking-plugins",
} as const;

export type Tool =
  | keyof typeof goTools
  | keyof typeof npmPrograms
  | keyof typeof debianPrograms;

/** Either the program's path, or the reason why it is missing. */
export type Available =
  | { readonly path: string; readonly reason?: never }
  | { readonly path?: never; readonly reason: string };

const known = new Map<Tool, Promise<Available>>();

/** Finds a program. A missing one of `tests/daemons` is built, which takes minutes. */
export function available(tool: Tool): Promise<Available> {
  let answer = known.get(tool);
  if (answer === undefined) {
    answer = find(tool);
    known.set(tool, answer);
  }
  return answer;
}

function find(tool: Tool): Promise<Available> {
  if (tool in goTools) return goTool(tool as keyof typeof goTools);
  if (tool in npmPrograms) return npmProgram(tool as keyof typeof npmPrograms);
  return debianProgram(tool);
}

/** Like `available`, but throws the reason. */
export async function need(tool: Tool): Promise<string> {
  const { path, reason } = await available(tool);
  if (path === undefined) throw new Error(`${tool} is needed: ${reason}`);
  return path;
}

/** Returns the first reason why one of these is missing; undefined when none is. */
export async function missing(...tools: Tool[]): Promise<string | undefined> {
  const answers = await Promise.all(tools.map(available));
  return answers.find((answer) => answer.reason !== undefined)?.reason;
}

/** Builds all missing programs, one after another, because each build uses both cores. */
export async function makeTools(): Promise<void> {
  for (const tool of Object.keys({ ...goTools, ...npmPrograms })) await available(tool as Tool);
}

async function goTool(tool: keyof typeof goTools): Promise<Available> {
  const { line, reason } = await runScript("build", [goTools[tool]]);
  return line === undefined ? { reason } : { path: `${line.replace(/^\S+ /, "")}/${tool}` };
}

async function npmProgram(tool: keyof typeof npmPrograms): Promise<Available> {
  const { line, reason } = await runScript("npm", npmPrograms[tool]);
  return line === undefined ? { reason } : { path: `${line}/node_modules/.bin/${tool}` };
}

/** A script of `tests/daemons`: the line that it prints, or why there is none. */
async function runScript(
  name: string,
  args: readonly string[],
): Promise<{ line: string; reason?: never } | { line?: never; reason: string }> {
  const script = new URL(`../daemons/${name}`, import.meta.url).pathname;
  try {
    const { success, stdout } = await new Deno.Command(script, {
      args: [...args],
      stdin: "null",
      stderr: "inherit",
    }).output();
    const line = new TextDecoder().decode(stdout).trim();
    if (success && line !== "") return { line };
    return { reason: `tests/daemons/${name} ${args.join(" ")} failed (see its output above)` };
  } catch (error) {
    return { reason: `tests/daemons/${name} does not run here: ${error}` };
  }
}

async function debianProgram(tool: Tool): Promise<Available> {
  const path = await onPath(tool);
  if (path !== undefined) return { path };
  if (tool === "docker") {
    // Debian 12 has no package of docker's client alone. The engine is taken from these packages,
    // too.
    const folder = await debian("trixie", "docker.io", "docker-cli");
    if (folder !== undefined) return { path: `${folder}/usr/bin/docker` };
  }
  const debianPackage = debianPrograms[tool as keyof typeof debianPrograms];
  return { reason: `${tool} is not installed (Debian's package ${debianPackage})` };
}

/** The path of a program; undefined when there is none. */
export async function onPath(name: string): Promise<string | undefined> {
  // Daemons and plugins live in folders that a user's PATH need not hold.
  const folders = (Deno.env.get("PATH") ?? "").split(":").concat(
    "/usr/sbin",
    "/sbin",
    "/usr/lib/cni",
  );
  for (const folder of folders) {
    const path = `${folder}/${name}`;
    const stat = await Deno.stat(path).catch(() => undefined);
    if (stat?.isFile && (stat.mode ?? 0) & 0o111) return path;
  }
  return undefined;
}
