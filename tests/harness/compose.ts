/** docker compose of Debian's unstable suite, which builds by `bake` of docker's plugin. */
import { debian } from "./debian.ts";
import { run } from "./run.ts";
import type { Available } from "./tool.ts";

let found: Promise<Available> | undefined;

/** The program, fetched when it is not there yet (20 MB). It needs no docker client. */
export function dockerCompose(): Promise<Available> {
  return found ??= fetchCompose();
}

async function fetchCompose(): Promise<Available> {
  const folder = await debian("sid", "docker-compose");
  if (folder === undefined) return { reason: "Debian sid's docker-compose could not be fetched" };
  const path = `${folder}/usr/libexec/docker/cli-plugins/docker-compose`;
  const { code, stdout, stderr } = await run(path, ["version", "--short"]);
  if (code !== 0) return { reason: `sid's docker-compose: ${stderr.trim()}` };
  const [major = 0, minor = 0] = stdout.trim().replace(/^v/, "").split(".").map(Number);
  if (major > 2 || major === 2 && minor >= 40) return { path };
  return { reason: `docker-compose ${stdout.trim()} doesn't build with bake: 2.40 and later do` };
}
