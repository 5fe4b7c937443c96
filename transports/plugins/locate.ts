/**
 * Finds transport plugins. The file's name has the scheme: `fairlead-transport-SCHEME`. A file with
 * the extension `.js` or `.ts` is an ES module, any other file an executable. The first hit wins:
 *
 * 1. a path that the user names for the scheme (a driver option, or a flag)
 * 2. each folder of `FAIRLEAD_PLUGIN_PATH`
 * 3. `$XDG_DATA_HOME/fairlead/transports`
 * 4. `/usr/local/lib/fairlead/transports`, `/usr/lib/fairlead/transports`
 * 5. the folders of `PATH`
 *
 * A module runs with fairlead's own rights, so no module is loaded from 4 and 5. Relative folders
 * are ignored, because their meaning depends on the folder in which fairlead is started.
 */
import { maybe } from "../../base/maybe.ts";
import { isAbsolute } from "../../base/paths.ts";
import { homeDir } from "../../base/home.ts";
import type { Env } from "../transport.ts";
import { distrust, type Problem } from "./trust.ts";

/** The valid schemes of a plugin. */
const SCHEME = /^[a-z][a-z0-9-]{0,31}$/;

/** The file of a plugin, which has not been run or loaded yet. */
export interface PluginFile {
  readonly scheme: string;
  /** An absolute path. */
  readonly path: string;
  readonly kind: "executable" | "module";
  /** The reason why the plugin is not used. */
  readonly refused?: Problem;
}

const PREFIX = "fairlead-transport-";
const WINDOWS = Deno.build.os === "windows";

interface Folder {
  readonly path: string;
  readonly takes: "all" | "no modules" | "programs on PATH";
}

function folders(env: Env): Folder[] {
  const split = (list: string | undefined) =>
    (list ?? "").split(WINDOWS ? ";" : ":").map((path) => path.replace(/(.)\/+$/, "$1"))
      .filter(isAbsolute);
  const home = homeDir(env);
  const data = env("XDG_DATA_HOME");
  const dataHome = data && isAbsolute(data) ? data : home && `${home}/.local/share`;
  const own = [
    ...split(env("FAIRLEAD_PLUGIN_PATH")),
    ...dataHome ? [`${dataHome}/fairlead/transports`] : [],
  ];
  const system = WINDOWS ? [] : ["/usr/local/lib", "/usr/lib"];
  return [
    ...own.map((path): Folder => ({ path, takes: "all" })),
    ...system.map((path): Folder => ({
      path: `${path}/fairlead/transports`,
      takes: "no modules",
    })),
    ...split(env("PATH")).map((path): Folder => ({ path, takes: "programs on PATH" })),
  ];
}

/** The first plugin of a scheme in the folders (2 to 5 above), even if it is refused. */
export function locate(scheme: string, env: Env): PluginFile | undefined {
  if (!SCHEME.test(scheme)) return undefined;
  for (const folder of folders(env)) {
    for (const name of fileNames(scheme, folder)) {
      const file = inspect(`${folder.path}/${name}`, scheme, folder);
      if (file !== undefined) return file;
    }
  }
  return undefined;
}

/** The plugin at a path that the user names for the scheme (1 above). */
export function atPath(scheme: string, path: string): PluginFile {
  const refused = isAbsolute(path) ? distrust(path) : {
    problem: "its path is relative",
    hint: "write the whole path",
  };
  return {
    scheme,
    path,
    kind: kindOf(path),
    ...refused !== undefined ? { refused } : executable(path),
  };
}

/** Every plugin in the folders, in the order in which they win; shadowed ones come later. */
export function locateAll(env: Env): PluginFile[] {
  const found: PluginFile[] = [];
  const seen = new Set<string>();
  for (const folder of folders(env)) {
    for (const name of namesIn(folder.path)) {
      const scheme = /^fairlead-transport-(.*?)(?:\.(?:js|ts|exe))?$/.exec(name)?.[1] ?? "";
      const path = `${folder.path}/${name}`;
      if (!SCHEME.test(scheme) || seen.has(path)) continue;
      seen.add(path);
      if (!fileNames(scheme, folder).includes(name)) continue;
      const file = inspect(path, scheme, folder);
      if (file !== undefined) found.push(file);
    }
  }
  return found;
}

/** Whether a folder that may have modules has a file with a module's name. */
export function anyModule(env: Env): boolean {
  return folders(env).filter(({ takes }) => takes === "all")
    .some(({ path }) => namesIn(path).some((name) => kindOf(name) === "module"));
}

function namesIn(folder: string): string[] {
  return maybe(() =>
    [...Deno.readDirSync(folder)].map(({ name }) => name)
      .filter((name) => name.startsWith(PREFIX)).sort()
  ) ?? [];
}

function fileNames(scheme: string, { takes }: Folder): string[] {
  const name = PREFIX + scheme;
  const programs = WINDOWS ? [`${name}.exe`] : [name];
  return takes === "programs on PATH" ? programs : [...programs, `${name}.js`, `${name}.ts`];
}

function inspect(path: string, scheme: string, { takes }: Folder): PluginFile | undefined {
  // A link that leads nowhere is found, and refused.
  if (maybe(() => Deno.lstatSync(path)) === undefined) return undefined;
  const file = { scheme, path, kind: kindOf(path) };
  if (file.kind === "module" && takes !== "all") {
    return {
      ...file,
      refused: {
        problem: "modules are not loaded from the system's folders",
        hint: "name it: --transport-plugin " + `${scheme}=${path}`,
      },
    };
  }
  const refused = distrust(path);
  const state = refused === undefined ? executable(path) : { refused };
  // As in a shell, a file on PATH that isn't executable is no program.
  if (takes === "programs on PATH" && refused === undefined && state.refused) return undefined;
  return { ...file, ...state };
}

function executable(path: string): { refused?: Problem } {
  if (WINDOWS || kindOf(path) === "module") return {};
  const { mode } = Deno.statSync(path);
  if (((mode ?? 0) & 0o111) !== 0) return {};
  return { refused: { problem: "it is not executable", hint: `run: chmod +x ${path}` } };
}

function kindOf(path: string): PluginFile["kind"] {
  return /\.[jt]s$/.test(path) ? "module" : "executable";
}
