import { type TempFolder, tempFolder } from "../harness/temp_folder.ts";

/** A store in a folder of its own. */
export interface TempStore extends TempFolder {
  /** The environment of a command: the store, and no docker configuration of the machine. */
  readonly env: Readonly<Record<string, string>>;
}

export function tempStore(): TempStore {
  const folder = tempFolder();
  const { path } = folder;
  return {
    ...folder,
    env: { BUILDX_CONFIG: path, DOCKER_CONFIG: `${path}/no-docker`, HOME: `${path}/no-home` },
    files: () => folder.files().filter((file) => file !== ".lock"),
  };
}

/** The file of a builder. @param nodes the endpoint of its only node, or endpoints by node */
export function builderFile(
  name: string,
  nodes: string | Readonly<Record<string, string>>,
  driver = "remote",
): string {
  const endpoints = typeof nodes === "string" ? { [`${name.toLowerCase()}0`]: nodes } : nodes;
  const none = { Platforms: null, DriverOpts: null, Flags: null, Files: null };
  const Nodes = Object.entries(endpoints).map(([Name, Endpoint]) => ({ Name, Endpoint, ...none }));
  return JSON.stringify({ Name: name, Driver: driver, Nodes, Dynamic: false });
}
