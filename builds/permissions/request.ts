/** Reports the privileges that a definition lacks, and asks the user for them. */
import type { Deps } from "../../cli/deps.ts";
import { confirm } from "../../cli/confirm.ts";
import { printable } from "../../base/width.ts";
import { shellWord } from "../../base/shell_word.ts";
import { UsageError } from "../../base/usage_error.ts";
import type { Missing } from "./check.ts";
import type { Privileges } from "./privileges.ts";

/** One missing privilege: its meaning, and the value of `--allow` that grants it. */
interface Item {
  readonly text: string;
  readonly flag: string;
  /** The privilege is one of files or agents, whose checks can be turned off. */
  readonly isLocal: boolean;
}

/**
 * Reports the missing privileges, and asks for them on a terminal. Throws `UsageError` where they
 * aren't granted.
 */
export async function requestPrivileges(
  { privileges, isByDefault }: Missing,
  { deps, words, at }: {
    readonly deps: Deps;
    /** The command line as it was typed, with the program first. */
    readonly words: readonly string[];
    /** The index of the command's name among them. */
    readonly at: number;
  },
): Promise<void> {
  const items = itemsOf(privileges, deps.cwd);
  const { stdin, stderr, signal } = deps;
  const flags = items.map(({ flag }) => `--allow=${flag}`);
  const isAsked = stdin.isTerminal;
  // A definition names the paths. They may contain escapes for the terminal, or harm a user who
  // copies the command.
  stderr.write(
    "Your build is requesting privileges for following possibly insecure capabilities:\n\n" +
      items.map(({ text }) => ` - ${printable(text)}\n`).join("") +
      (isAsked
        ? `\nIn order to not see this message in the future pass ${
          JSON.stringify(flags.join(" "))
        } ` +
          "to grant requested privileges.\n"
        : `\nPass ${JSON.stringify(flags.join(" "))} to grant requested privileges.\n`),
  );
  // The first `bake` among the words may be wrong: it may be the value of a flag before the
  // command.
  if (at < words.length) {
    const full = [...words.slice(0, at + 1), ...flags, ...words.slice(at + 1)].map((word) =>
      shellWord(printable(word))
    ).join(" ");
    stderr.write(`\nYour full command with requested privileges:\n\n${full}\n\n`);
  }
  if (isByDefault && items.some(({ isLocal }) => isLocal)) {
    stderr.write(
      "To disable filesystem entitlements checks, you can set BUILDX_BAKE_ENTITLEMENTS_FS=0 .\n\n",
    );
  }
  const question = "Do you want to grant requested privileges and continue?";
  if (isAsked && await confirm({ stdin, stdout: stderr, signal }, question)) return;
  throw new UsageError("additional privileges requested");
}

function itemsOf(missing: Privileges, cwd: string): Item[] {
  const items: Item[] = [];
  const add = (text: string, flag: string, isLocal = false) => items.push({ text, flag, isLocal });
  if (missing.networkHost) {
    add("Running build containers that can access host network", "network.host");
  }
  if (missing.insecure) {
    add("Running privileged containers that can make system changes", "security.insecure");
  }
  if (missing.allDevices) add("Access to CDI devices", "device");
  for (const name of missing.devices) add(`Access to device ${name}`, `device=${name}`);
  if (missing.localDelete) {
    add("Deleting stale files from local output destinations", "buildx.local.delete");
  }
  if (missing.ssh) add("Forwarding default SSH agent socket", "ssh", true);
  const shown = (path: string) => relative(path, cwd);
  const both = [...missing.read].filter((path) => missing.write.has(path));
  for (const path of both) {
    add(`Read and write access to path ${shown(path)}`, `fs=${shown(path)}`, true);
  }
  for (const path of missing.read) {
    if (!both.includes(path)) {
      add(`Read access to path ${shown(path)}`, `fs.read=${shown(path)}`, true);
    }
  }
  for (const path of missing.write) {
    if (both.includes(path)) continue;
    add(`Write access to path ${shown(path)}`, `fs.write=${shown(path)}`, true);
  }
  return items;
}

/** The path relative to the working folder, if it is at most one step up. */
function relative(path: string, cwd: string): string {
  const real = Deno.realPathSync(cwd).replaceAll("\\", "/");
  if (path === real) return ".";
  const above = real.slice(0, real.lastIndexOf("/")) || "/";
  const below = (folder: string) => path.slice(folder === "/" ? 1 : folder.length + 1);
  if (path === above) return "..";
  if (path.startsWith(`${real}/`)) return below(real);
  if (above === "/" || path.startsWith(`${above}/`)) return `../${below(above)}`;
  return path;
}
