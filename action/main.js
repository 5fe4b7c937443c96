// deno-lint-ignore-file no-console
// The GitHub action (action.yml): installs fairlead for the steps that follow. It runs by GitHub's
// own node, without packages.
"use strict";
const { spawnSync } = require("node:child_process");
const { createHash } = require("node:crypto");
const { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } = require(
  "node:fs",
);
const { tmpdir } = require("node:os");
const { join } = require("node:path");

const REPOSITORY = "fairlead/fairlead";
const DOWNLOADS = process.env.FAIRLEAD_DOWNLOAD || `https://github.com/${REPOSITORY}/releases`;

main().catch((error) => {
  // GitHub shows this at the step.
  console.log(`::error::${error.message.replace(/%/g, "%25").replace(/\r?\n/g, "%0A")}`);
  process.exit(1);
});

async function main() {
  const version = input("version") || "latest";
  if (!/^(?:latest|v[\w.-]+)$/.test(version)) {
    throw new Error(`version is latest or like v0.1.0, not ${version}`);
  }
  const [isChecked, isBuildx] = [flag("attestation", true), flag("buildx", false)];
  const folder = makeFolder();
  const program = process.platform === "win32"
    ? await download(version, folder)
    : install(version, folder);
  if (isChecked) attested(program);
  const said = run(program, ["version"]).trim();
  if (isBuildx) run(program, ["install", "--buildx"]);
  append("GITHUB_PATH", `${folder}\n`);
  append("GITHUB_OUTPUT", `path=${program}\nversion=${said}\n`);
  console.log(`${said}, in ${folder}`);
}

/** The folder of the program. Where GitHub names none, another user can't have made it. */
function makeFolder() {
  const temp = process.env.RUNNER_TEMP;
  if (!temp) return mkdtempSync(join(tmpdir(), "fairlead-"));
  mkdirSync(join(temp, "fairlead"), { recursive: true });
  return join(temp, "fairlead");
}

/** By install.sh, which compares checksums. */
function install(version, folder) {
  const asRoot = process.getuid() === 0 ? ["--as-root"] : [];
  const script = join(__dirname, "..", "install.sh");
  run("sh", [script, "--dir", folder, "--version", version, ...asRoot]);
  return join(folder, "fairlead");
}

/** On Windows, where there is no sh. */
async function download(version, folder) {
  const name = "fairlead-windows-x64.exe";
  const from = version === "latest"
    ? `${DOWNLOADS}/latest/download`
    : `${DOWNLOADS}/download/${version}`;
  const sums = (await fetched(`${from}/SHA256SUMS`)).toString();
  const bytes = await fetched(`${from}/${name}`);
  const sum = createHash("sha256").update(bytes).digest("hex");
  if (!sums.split("\n").includes(`${sum}  ${name}`)) {
    throw new Error(`${name} is damaged: its checksum ${sum} is not in the release's SHA256SUMS`);
  }
  const program = join(folder, "fairlead.exe");
  writeFileSync(`${program}.partial`, bytes);
  renameSync(`${program}.partial`, program);
  return program;
}

async function fetched(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`cannot download ${url}: HTTP ${response.status}`);
  return Buffer.from(await response.arrayBuffer());
}

/** That this repository's release workflow made the file; otherwise the file goes. */
function attested(program) {
  const args = ["attestation", "verify", program, "--repo", REPOSITORY];
  try {
    run("gh", args, { GH_TOKEN: input("token") });
  } catch (error) {
    rmSync(program);
    throw error;
  }
}

/** Runs a program to its end; returns what it printed. */
function run(program, args, env = {}) {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    encoding: "utf8",
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (error) {
    const hint = program === "gh" ? "; set attestation to false where there is no gh" : "";
    throw new Error(`cannot run ${program}: ${error.message}${hint}`);
  }
  if (status !== 0) throw new Error(`${program} ${args[0]} failed: ${(stderr || stdout).trim()}`);
  return stdout;
}

/** GitHub gives inputs as variables. */
function input(name) {
  return (process.env[`INPUT_${name.toUpperCase()}`] || "").trim();
}

/** An input that is true or false, in the spellings of GitHub's own actions. */
function flag(name, otherwise) {
  const value = input(name) || `${otherwise}`;
  if (/^(?:true|True|TRUE)$/.test(value)) return true;
  if (/^(?:false|False|FALSE)$/.test(value)) return false;
  throw new Error(`${name} is true or false, not ${value}`);
}

/** GitHub reads these files behind the step. */
function append(variable, text) {
  const file = process.env[variable];
  if (file) appendFileSync(file, text);
}
