/** The files of a build, as the protocol names them. */
import { sameBytes } from "../../base/bytes.ts";
import { fieldsOf } from "../../base/json.ts";
import { absolutePath, baseName } from "../../base/paths.ts";
import { isFile } from "../../base/stat.ts";
import { redacted } from "../../builds/inputs/git_attrs.ts";
import type { BuildInputs } from "../../builds/inputs/build_inputs.ts";
import type { BuildDefinition } from "../definition.ts";

/**
 * The paths of a definition's files, by their index. The frontend saw the Dockerfile by its name in
 * a mount; other files keep their names. A Dockerfile that comes from elsewhere has its URL as
 * path.
 */
export function filePaths(
  { files }: BuildDefinition,
  { filename, state, mounts, dockerfileUrl }: Pick<
    BuildInputs,
    "filename" | "state" | "mounts" | "dockerfileUrl"
  >,
): string[] {
  const folder = mounts.get("dockerfile") ?? redacted(state.localPath);
  const dockerfile = dockerfileUrl !== undefined
    ? redacted(dockerfileUrl).replace(/[?#].*$/, "")
    : state.dockerfilePath.startsWith("/")
    ? state.dockerfilePath
    : `${folder}/${filename}`;
  return files.map((file) =>
    file.filename === filename ? dockerfile : absolutePath(file.filename, folder)
  );
}

/** A file, as the protocol names it. */
export interface Source {
  readonly name: string;
  readonly path: string;
  /** The client asks for the text, because this machine lacks the file. */
  readonly sourceReference?: number;
}

/** The files of a session. */
export interface Sources {
  /** Adds a file, or its present text; undefined where both were there before. */
  add(path: string, text: Uint8Array): "new" | "changed" | undefined;
  source(path: string): Source;
  /** The path of a client's source, which may be a reference alone; undefined for none. */
  pathOf(source: unknown): string | undefined;
  text(path: string): string | undefined;
}

export function sourcesOf(): Sources {
  const texts = new Map<string, Uint8Array>();
  const absent: string[] = [];
  return {
    add(path, text) {
      const old = texts.get(path);
      if (old !== undefined && sameBytes(old, text)) return undefined;
      texts.set(path, text);
      if (old !== undefined) return "changed";
      if (!isFile(path)) absent.push(path);
      return "new";
    },
    source(path) {
      const sourceReference = absent.indexOf(path) + 1;
      return { name: baseName(path), path, ...sourceReference > 0 && { sourceReference } };
    },
    pathOf(source) {
      const { path, sourceReference } = fieldsOf(source);
      if (typeof path === "string" && path !== "") return path;
      return absent[Number(sourceReference) - 1];
    },
    text(path) {
      const text = texts.get(path);
      return text && new TextDecoder().decode(text);
    },
  };
}
