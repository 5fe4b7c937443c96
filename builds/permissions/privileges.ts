/** `--allow`: privileges of a definition beyond the working folder. */
import { csvFields } from "../../base/go/csv.ts";
import { UsageError } from "../../base/usage_error.ts";
import { cut } from "../../base/cut.ts";

/** Privileges that are granted, needed or missing. */
export interface Privileges {
  networkHost: boolean;
  insecure: boolean;
  /** CDI devices: all of them, or by name. */
  allDevices: boolean;
  readonly devices: Set<string>;
  /** The agent of the environment may be used. */
  ssh: boolean;
  /** An output may delete files that are not in the result. */
  localDelete: boolean;
  /** Paths, with what lies below them. */
  readonly read: Set<string>;
  readonly write: Set<string>;
}

export function noPrivileges(): Privileges {
  return {
    networkHost: false,
    insecure: false,
    allDevices: false,
    devices: new Set(),
    ssh: false,
    localDelete: false,
    read: new Set(),
    write: new Set(),
  };
}

/** Throws `UsageError`, in buildx's words. */
export function parseGrants(texts: readonly string[]): Privileges {
  const grants = noPrivileges();
  for (const text of texts) grant(grants, text);
  return grants;
}

function grant(grants: Privileges, text: string): void {
  const [key, given] = cut(text, "=");
  if (given === undefined) {
    if (key === "network.host") return void (grants.networkHost = true);
    if (key === "security.insecure") return void (grants.insecure = true);
    if (key === "ssh") return void (grants.ssh = true);
    if (key === "buildx.local.delete") return void (grants.localDelete = true);
  }
  const value = given ?? "";
  switch (key) {
    case "device":
      if (value === "") grants.allDevices = true;
      else grants.devices.add(deviceName(value));
      return;
    case "fs":
      grants.read.add(value);
      grants.write.add(value);
      return;
    case "fs.read":
    case "fs.write":
      grants[key === "fs.read" ? "read" : "write"].add(value);
      return;
    // Accepted for existing command lines. Pushing and loading need no permission.
    case "image":
    case "image.push":
    case "image.load":
      return;
    case "buildx.local.delete":
      throw new UsageError(`${key} does not accept a value`);
  }
  throw new UsageError(
    `unknown entitlement key ${JSON.stringify(key)}`,
    "write fs.read=PATH, fs.write=PATH, fs=PATH, ssh, network.host, security.insecure or device",
  );
}

/** `NAME` of `NAME,alias=…`. */
export function deviceName(text: string): string {
  return csvFields(text)[0] ?? "";
}
