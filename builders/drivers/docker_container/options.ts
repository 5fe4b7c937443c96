/** The driver options of `docker-container`. */
import { byKey } from "../../../base/by_key.ts";
import { parseBool } from "../../../base/go/bool.ts";
import { parseBytes } from "../../../base/go/bytes.ts";
import { parseInteger } from "../../../base/go/int.ts";
import { readOption, unknownOption, variableOf } from "../../making/read_option.ts";
import type { StoredNode } from "../../store/node_group.ts";

export interface ContainerOptions {
  readonly image: string;
  /** The image is used even if the default policy refuses it. */
  readonly allowUntrusted: boolean;
  /** `NAME=VALUE`, by name. */
  readonly env: readonly string[];
  readonly restartPolicy: { readonly Name: string; readonly MaximumRetryCount: number };
  /**
   * The fields of the engine's HostConfig that the options set; those that are zero are left out.
   */
  readonly limits: Readonly<Record<string, string | number>>;
  /** Replaces the engine's own choice; used with the cgroup driver `cgroupfs` alone. */
  readonly cgroupParent: string;
  readonly defaultLoad: boolean;
  /** Inside GitHub Actions, the daemon puts the run into provenance. */
  readonly addGithub: boolean;
}

export const DEFAULT_IMAGE = "moby/buildkit:buildx-stable-1";

const INTEGERS = { "cpu-period": "CpuPeriod", "cpu-quota": "CpuQuota", "cpu-shares": "CpuShares" };
const TEXTS = { network: "NetworkMode", "cpuset-cpus": "CpusetCpus", "cpuset-mems": "CpusetMems" };

/**
 * Throws `BuilderError`, in buildx's words, for an unknown option or a value that it doesn't take.
 */
export function readContainerOptions(
  { driverOpts }: Pick<StoredNode, "driverOpts">,
  driver = "docker-container",
): ContainerOptions {
  const limits: Record<string, string | number> = {};
  const env: string[] = [];
  let image = DEFAULT_IMAGE, cgroupParent = "";
  let restartPolicy = { Name: "unless-stopped", MaximumRetryCount: 0 };
  let defaultLoad = false, addGithub = true, allowUntrusted = false;
  for (const [name, text] of Object.entries(driverOpts ?? {}).sort(byKey)) {
    const read = <T>(parse: (text: string) => T): T => readOption(name, text, parse);
    switch (name) {
      case "image":
        image = text || DEFAULT_IMAGE;
        break;
      case "network":
      case "cpuset-cpus":
      case "cpuset-mems":
        limits[TEXTS[name]] = text;
        break;
      case "memory":
        limits["Memory"] = read(parseBytes);
        break;
      case "memory-swap":
        limits["MemorySwap"] = text === "-1" ? -1 : read(parseBytes);
        break;
      case "cpu-period":
      case "cpu-quota":
      case "cpu-shares":
        limits[INTEGERS[name]] = read((text) => Number(parseInteger(text)));
        break;
      case "cgroup-parent":
        cgroupParent = text;
        break;
      case "restart-policy":
        restartPolicy = read(parseRestartPolicy);
        break;
      case "default-load":
        defaultLoad = read(parseBool);
        break;
      case "provenance-add-gha":
        addGithub = read(parseBool);
        break;
      case "allow-untrusted-image":
        allowUntrusted = read(parseBool);
        break;
      default:
        env.push(`${variableOf(name) ?? unknown(name, driver)}=${text}`);
    }
  }
  const set = Object.entries(limits).filter(([, value]) => value !== 0 && value !== "");
  return {
    ...{ image, env, cgroupParent, restartPolicy, defaultLoad, addGithub, allowUntrusted },
    limits: Object.fromEntries(set),
  };
}

function unknown(name: string, driver: string): never {
  throw unknownOption(name, driver);
}

/** Parses `NAME[:RETRIES]`; the engine itself checks the name. */
function parseRestartPolicy(text: string) {
  const [name = "", ...rest] = text.split(":");
  const count = rest.join(":");
  if (rest.length > 0 && name === "") {
    throw new Error("invalid restart policy format: no policy provided before colon");
  }
  if (count !== "" && !/^[+-]?\d{1,15}$/.test(count)) {
    throw new Error(
      "invalid restart policy format: maximum retry count must be an integer",
    );
  }
  return { Name: name, MaximumRetryCount: Number(count) };
}
