/** The folder of a daemon's configuration in its container. */
export const CONFIG_DIR = "/etc/buildkit";
/** The file in that folder. */
export const CONFIG_FILE = "buildkitd.toml";
