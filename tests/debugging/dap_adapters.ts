/** The two debug adapters, ours and buildx's, in one workspace. */
import type { Workspace } from "../build/workspace.ts";
import { need } from "../harness/tool.ts";
import { type DapClient, startAdapter } from "./dap_client.ts";
import { fairleadCommand } from "../harness/fairlead.ts";

const script = new URL("../../scripts/fairlead", import.meta.url).pathname;

export function ours(it: Workspace, args: readonly string[] = []): DapClient {
  const env = { ...it.env, FAIRLEAD_PROGRAM: script };
  return startAdapter(fairleadCommand("dap", "build", ...args), {
    cwd: it.dir,
    env,
  });
}

export async function theirs(it: Workspace, args: readonly string[] = []): Promise<DapClient> {
  const env = { ...it.env, BUILDX_EXPERIMENTAL: "1" };
  return startAdapter([await need("buildx"), "dap", "build", ...args], { cwd: it.dir, env });
}
