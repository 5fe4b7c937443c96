/**
 * The packages by which `npx fairlead` runs a release's file: the main one, and one for each
 * platform. npm installs the one that matches `os` and `cpu`. No script runs at installation.
 */
import { exists } from "../../base/stat.ts";

/** A release's files by npm's names for their platforms. */
const PLATFORMS = [
  ["linux-x64", "linux", "x64", "fairlead-linux-x64"],
  ["linux-arm64", "linux", "arm64", "fairlead-linux-arm64"],
  ["darwin-x64", "darwin", "x64", "fairlead-macos-x64"],
  ["darwin-arm64", "darwin", "arm64", "fairlead-macos-arm64"],
  ["win32-x64", "win32", "x64", "fairlead-windows-x64.exe"],
] as const;

const LAUNCHER = `#!/usr/bin/env node
"use strict";
const { spawn } = require("node:child_process");
const platform = process.platform + "-" + process.arch;
let file;
try {
  file = require.resolve(
    "@fairlead/" + platform + "/bin/fairlead" + (process.platform === "win32" ? ".exe" : ""),
  );
} catch {
  console.error(
    "fairlead: the package @fairlead/" + platform + " is not here: install it if there is one, " +
      "and don't leave optional packages out (npm install --include=optional)",
  );
  process.exit(1);
}
const child = spawn(file, process.argv.slice(2), { stdio: "inherit" });
// A terminal's Ctrl-C reaches the child by itself; a signal to this process alone is passed on.
process.on("SIGINT", () => {});
for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("error", (error) => {
  console.error("fairlead: cannot start " + file + ": " + error.message);
  process.exit(1);
});
child.on("exit", (code, signal) => {
  if (signal === null) process.exit(code);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
`;

/**
 * Writes the packages' folders into `to`, for the files in `from`.
 * @param version `X.Y.Z`
 */
export async function npxPackages(from: string, to: string, version: string): Promise<void> {
  const common = {
    version,
    license: "Apache-2.0",
    repository: { type: "git", url: "git+https://github.com/fairlead/fairlead.git" },
  };
  const platforms: string[] = [];
  for (const [name, os, cpu, file] of PLATFORMS) {
    if (!exists(`${from}/${file}`)) continue;
    platforms.push(`@fairlead/${name}`);
    const folder = `${to}/${name}`;
    await Deno.mkdir(`${folder}/bin`, { recursive: true });
    const program = `${folder}/bin/fairlead${os === "win32" ? ".exe" : ""}`;
    await Deno.copyFile(`${from}/${file}`, program);
    await Deno.chmod(program, 0o755).catch(() => {});
    await writeJson(`${folder}/package.json`, {
      name: `@fairlead/${name}`,
      description: `fairlead for ${name}`,
      ...common,
      ...{ os: [os], cpu: [cpu], files: ["bin"] },
    });
  }
  if (platforms.length === 0) throw new Error(`${from} has no files for packages`);
  await Deno.mkdir(`${to}/fairlead`, { recursive: true });
  await Deno.writeTextFile(`${to}/fairlead/fairlead.js`, LAUNCHER, { mode: 0o755 });
  await writeJson(`${to}/fairlead/package.json`, {
    name: "fairlead",
    description: "A standalone BuildKit client that replaces docker buildx",
    ...common,
    bin: { fairlead: "fairlead.js" },
    files: ["fairlead.js"],
    engines: { node: ">=18" },
    optionalDependencies: Object.fromEntries(platforms.map((name) => [name, version])),
  });
}

async function writeJson(path: string, value: object): Promise<void> {
  await Deno.writeTextFile(path, JSON.stringify(value, null, 2) + "\n");
}
