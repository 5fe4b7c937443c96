/** Sources of a build's agents: a socket of this machine, or private keys in files. */
import { readUpTo } from "../../base/bytes.ts";
import { osReason } from "../../base/os_reason.ts";
import { AgentError, socketAgent } from "../../transports/ssh/keys/agent.ts";
import type { SigningKey } from "../../transports/ssh/keys/signing_key.ts";
import type { Agent, Agents } from "./ssh.ts";

export { AgentError };

/** One agent, as the command line put it. */
interface AgentSpec {
  readonly id: string;
  /** One socket, or any number of key files; none for the agent of the environment. */
  readonly paths: readonly string[];
}

/** The largest size of a key file, in bytes. A key file is a page of text. */
const LARGEST_KEY = 100 * 1024;

/** Looks at what the specs name, reads the keys, connects to nothing. Throws `AgentError`. */
export async function openAgents(
  specs: readonly AgentSpec[],
  env: (name: string) => string | undefined,
): Promise<Agents> {
  const agents = new Map<string, Agent>();
  for (const { id, paths } of specs) {
    if (agents.has(id)) throw new AgentError(`duplicate agent ID ${JSON.stringify(id)}`);
    const given = paths.length > 1 || paths[0] ? paths : [env("SSH_AUTH_SOCK") ?? ""];
    // The peer's words for a whole spec, as Go prints a struct.
    const spec = `failed to convert agent config {${id} [${paths.join(" ")}] false}`;
    if (given[0] === "") {
      throw new AgentError(
        `${spec}: invalid empty ssh agent socket: make sure SSH_AUTH_SOCK is set`,
        `start an ssh-agent, or name a key: --ssh ${id}=PATH`,
      );
    }
    agents.set(
      id,
      await openAgent(
        given,
        `${spec}: failed to convert agent config for ID: ${JSON.stringify(id)}`,
      ),
    );
  }
  return agents;
}

/** @param prefix what stands before the text of an error */
async function openAgent(paths: readonly string[], prefix: string): Promise<Agent> {
  try {
    return await agentAt(paths);
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    throw new AgentError(`${prefix}: ${error.message}`, error.hint);
  }
}

async function agentAt(paths: readonly string[]): Promise<Agent> {
  const keys: SigningKey[] = [];
  let socket: string | undefined;
  for (const path of paths) {
    if (socket !== undefined) throw new AgentError("only single socket allowed");
    if ((await statOf(path)).isSocket) {
      socket = path;
      continue;
    }
    const { keyOf } = await import("./ssh_key_agent.ts");
    keys.push(await keyOf(path, await readKey(path)));
  }
  if (socket === undefined) return (await import("./ssh_key_agent.ts")).keyAgent(keys);
  if (keys.length > 0) throw new AgentError("invalid combination of keys and sockets");
  const path = socket;
  return () => socketAgent(path);
}

async function statOf(path: string): Promise<Deno.FileInfo> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    throw new AgentError(
      `stat ${path}: ${osReason(error)}`,
      "it must be the socket of an ssh agent, or a private key",
    );
  }
}

async function readKey(path: string): Promise<string> {
  try {
    using file = await Deno.open(path);
    return new TextDecoder().decode(await readUpTo(file, LARGEST_KEY));
  } catch (error) {
    throw new AgentError(`failed to read ${path}: read ${path}: ${osReason(error)}`);
  }
}
