/** PEM texts of a kubeconfig, inline or in files. */
import { whyUnreadable } from "../../../base/os_reason.ts";
import { KubeConfigError } from "./files.ts";
import type { KubeText } from "./config.ts";
import type { PemText } from "../../tls/tls_files.ts";

/** Returns the inline text, or reads the file. Throws `KubeConfigError`. */
export async function pem(source: KubeText | undefined): Promise<PemText | undefined> {
  if (source === undefined) return undefined;
  const { from } = source;
  if (source.path === undefined) return { text: source.text, from };
  try {
    return { text: await Deno.readTextFile(source.path), from: `${source.path} (${from})` };
  } catch (cause) {
    throw new KubeConfigError(
      `${from} can't be read: ${source.path}: ${whyUnreadable(cause)}`,
      "check the path in the kubeconfig",
      { cause },
    );
  }
}
