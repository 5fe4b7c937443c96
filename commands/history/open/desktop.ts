import { homeDir } from "../../../builders/store/config_dir.ts";
import type { Env } from "../../../transports/transport.ts";

/** Whether Docker Desktop is on this machine: its socket for builds exists, or its program does. */
export function desktopIsInstalled(env: Env, os: typeof Deno.build.os = Deno.build.os): boolean {
  const socket = "docker-desktop-build.sock";
  const home = homeDir(env);
  const paths = os === "darwin"
    ? ["/Applications/Docker.app"]
    : os === "windows"
    ? [`${env("ProgramFiles") || "C:\\Program Files"}\\Docker\\Docker\\Docker Desktop.exe`]
    : [
      ...home === undefined ? [] : [`${home}/.docker/desktop/${socket}`],
      ...env("WSL_DISTRO_NAME")
        ? [`/mnt/wsl/docker-desktop/shared-sockets/host-services/${socket}`]
        : [],
    ];
  return paths.some((path) => {
    try {
      Deno.statSync(path);
      return true;
    } catch {
      return false;
    }
  });
}
