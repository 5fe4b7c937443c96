/** Docker Desktop on this machine, and the addresses that it opens. */
import type { Env } from "../../../base/env.ts";
import { homeDir } from "../../../base/home.ts";
import { exists } from "../../../base/stat.ts";
import { fullRef, type HistoryRecord } from "./records.ts";

/** The address that a record has in Docker Desktop; no other program opens it. */
export function desktopUrl(found: Pick<HistoryRecord, "at" | "record">): string {
  return `docker-desktop://dashboard/build/${fullRef(found)}`;
}

/** The sockets on which Docker Desktop may take bundles on this system, the likeliest first. */
export function desktopSockets(env: Env): string[] {
  const name = "docker-desktop-build.sock";
  const home = homeDir(env);
  const below = Deno.build.os === "darwin"
    ? "Library/Containers/com.docker.docker/Data"
    : ".docker/desktop";
  return [
    ...env("WSL_DISTRO_NAME")
      ? [`/mnt/wsl/docker-desktop/shared-sockets/host-services/${name}`]
      : [],
    ...home === undefined ? [] : [`${home}/${below}/${name}`],
  ];
}

/** Whether Docker Desktop is on this machine: its program exists, or on Linux its socket. */
export function desktopIsInstalled(env: Env): boolean {
  switch (Deno.build.os) {
    case "darwin":
      return exists("/Applications/Docker.app");
    case "windows": {
      const programs = env("ProgramFiles") || "C:\\Program Files";
      return exists(`${programs}\\Docker\\Docker\\Docker Desktop.exe`);
    }
  }
  return desktopSockets(env).some(exists);
}
