import { alignColumns } from "../../base/go/tabwriter.ts";
import { humanDuration } from "../../base/go/human_duration.ts";
import { osReason } from "../../base/os_reason.ts";
import { absolutePath } from "../../base/paths.ts";
import { UsageError } from "../../base/usage_error.ts";
import { buildxConfigDir, type ConfigDir } from "../../builders/store/config_dir.ts";
import { defineCommand } from "../../cli/command.ts";
import type { Deps } from "../../cli/deps.ts";
import { showTable } from "../../cli/show_rows.ts";
import { policyModule } from "../../policies/engine_module.ts";
import {
  newPrivateFolder,
  PUBLIC_REPOSITORY,
  removePrivateFolder,
  TrustError,
  type TrustFolder,
  trustFolder,
} from "../../policies/trust_files.ts";
import { savedTrust, type TrustState, updateTrust } from "../../policies/trust_root.ts";
import { engineOptions } from "./engine_options.ts";

export const command = defineCommand({
  args: { usage: "[OPTIONS]", min: 0, max: 0 },
  flags: {
    from: {
      kind: "string",
      summary: "Fetch the trust root from this URL or folder, a copy of Sigstore's TUF repository",
    },
    public: { kind: "bool", summary: "Trust the public Sigstore instance again" },
    refresh: { kind: "bool", summary: "Fetch the newest trust root" },
    root: {
      kind: "string",
      summary: "Trust the private Sigstore instance whose TUF root is this file",
    },
  },
  async run({ deps, flags }) {
    const { from, root } = flags;
    if (flags.public && root !== "") {
      throw new UsageError("--public and --root can't be used together", "give one of them");
    }
    if (root !== "" && from === "") {
      throw new UsageError("--root needs --from", "--from names the instance's TUF repository");
    }
    const config = buildxConfigDir(deps.env);
    if (config === undefined) {
      throw new UsageError("there is no folder for the trust root", "set HOME or BUILDX_CONFIG");
    }
    if (flags.public) await removePrivateFolder(config);
    const folder = root === ""
      ? withRepository(await trustFolder(config), from, deps.cwd)
      : await privateFolder(config, root, repositoryOf(from, deps.cwd), deps.cwd);
    const module = await policyModule("signatures", engineOptions(deps));
    const state = flags.refresh || from !== ""
      ? await refreshed(module, folder, deps)
      : await savedTrust(module, folder, deps.signal);
    deps.stdout.write(described(folder, state));
    await showTable(deps, filesTable(state));
    if (state.problem !== undefined) {
      throw new TrustError(
        `signatures can't be verified: ${state.problem}`,
        "fetch the newest one: fairlead policy trust --refresh",
      );
    }
  },
});

async function refreshed(
  module: Awaited<ReturnType<typeof policyModule>>,
  folder: TrustFolder,
  { signal }: Pick<Deps, "signal">,
): Promise<TrustState> {
  try {
    return await updateTrust(module, folder, signal);
  } catch (error) {
    if (!(error instanceof TrustError) || error.hint !== undefined) throw error;
    throw new TrustError(
      error.message,
      "a machine without the network takes a copy of the repository: --from FOLDER",
    );
  }
}

function withRepository(folder: TrustFolder, from: string, cwd: string): TrustFolder {
  return from === "" ? folder : { ...folder, repository: repositoryOf(from, cwd) };
}

function repositoryOf(from: string, cwd: string): string {
  if (/^https?:\/\//.test(from)) return from;
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(from)) {
    throw new UsageError(
      `${from} is not a place to fetch a trust root from`,
      "--from takes an http URL or a folder",
    );
  }
  const folder = absolutePath(from, cwd);
  try {
    if (!Deno.statSync(folder).isDirectory) throw new Deno.errors.NotADirectory();
  } catch (error) {
    throw new UsageError(
      `cannot read ${from}: ${osReason(error)}`,
      "--from names a folder with timestamp.json and the other files of a TUF repository",
    );
  }
  return folder;
}

async function privateFolder(
  config: ConfigDir,
  root: string,
  repository: string,
  cwd: string,
): Promise<TrustFolder> {
  try {
    const anchor = await Deno.readFile(absolutePath(root, cwd));
    return newPrivateFolder(config, anchor, repository);
  } catch (error) {
    throw new UsageError(
      `cannot read ${root}: ${osReason(error)}`,
      "--root names the file root.json of a TUF repository",
    );
  }
}

function described(folder: TrustFolder, { roles, updated, problem }: TrustState): string {
  const kind = folder.anchor ? "private" : "public";
  const place = folder.repository === PUBLIC_REPOSITORY || folder.anchor
    ? ` (${folder.repository})`
    : "";
  const ago = updated === undefined
    ? "never"
    : `${new Date(updated).toISOString().slice(0, 19)}Z, ${
      humanDuration(Date.now() - updated).toLowerCase()
    } ago`;
  const head = alignColumns(
    [
      `Instance:\t${kind}${place}\n`,
      `Folder:\t${folder.path}\n`,
      `Updated:\t${ago}\n`,
      `Status:\t${problem ?? "valid"}\n`,
    ].join(""),
    { padding: 2, minimum: 0 },
  );
  return roles.length === 0 ? head : `${head}\n`;
}

function filesTable({ roles }: TrustState): string {
  if (roles.length === 0) return "";
  const rows = roles.map(({ name, version, expires }) => `${name}\t${version}\t${expires}\n`);
  return alignColumns(`FILE\tVERSION\tEXPIRES\n${rows.join("")}`, { padding: 3, minimum: 0 });
}
