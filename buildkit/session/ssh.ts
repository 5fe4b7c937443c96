/**
 * SSH: a RUN step with `--mount=type=ssh,id=X`, or a git source over ssh, uses an agent. By
 * CheckAgent the daemon asks whether there is an agent X (field 1 of the request). By ForwardAgent
 * it connects to the agent: the agent protocol's bytes as BytesMessages both ways, the id in
 * `buildkit.ssh.id`.
 *
 * The requests come from a build step. So only listing the keys and signing with them is passed on.
 * Requests that would change or lock the agent are refused here, as the peers refuse them.
 */
import { joinBytes } from "../../base/bytes.ts";
import {
  type AgentConnection,
  FAILURE,
  REQUEST_IDENTITIES,
  SIGN_REQUEST,
} from "../../transports/ssh/keys/agent.ts";
import { string } from "../../transports/ssh/keys/wire.ts";
import type { Service } from "../grpc/call.ts";
import { first } from "../grpc/metadata.ts";
import { Code, RpcError } from "../grpc/status.ts";
import { bytesMessageHead, bytesOf } from "./tunnel.ts";

/** An agent. Each connection that the daemon opens gets its own connection to the agent. */
export type Agent = () => AgentConnection;

/** Agents by id. */
export type Agents = ReadonlyMap<string, Agent>;

/** No request to list or sign is larger, in bytes. */
const LARGEST = 256 << 10;
/** Bytes of one message back, and how many may wait for the daemon. */
const CHUNK = 32 << 10, WAITING = 1 << 20;

/** Serves agents. An unknown id is an error of the step that uses it. */
export function ssh(agents: Agents): Service {
  const agentOf = (id: string): Agent => {
    const agent = agents.get(id || "default");
    if (agent) return agent;
    throw new RpcError(Code.UNKNOWN, `unset ssh forward key ${id || "default"}`);
  };
  return {
    "/moby.sshforward.v1.SSH/CheckAgent": async (call) => {
      let id = "";
      await call.receive((message) => {
        id = new TextDecoder().decode(bytesOf(message));
      });
      agentOf(id);
      call.send(new Uint8Array(0));
    },
    "/moby.sshforward.v1.SSH/ForwardAgent": async (call) => {
      using connection = agentOf(first(call.metadata, "buildkit.ssh.id") ?? "")();
      const requests = new Requests();
      await call.receive(async (message) => {
        for (const request of requests.add(bytesOf(message))) {
          const answer = string(await answerTo(connection, request));
          for (let at = 0; at < answer.length; at += CHUNK) {
            const part = answer.subarray(at, at + CHUNK);
            call.send(bytesMessageHead(part.length), part);
          }
          await call.drained(WAITING);
        }
      });
    },
  };
}

async function answerTo(agent: AgentConnection, request: Uint8Array): Promise<Uint8Array> {
  const allowed = request[0] === REQUEST_IDENTITIES || request[0] === SIGN_REQUEST;
  return allowed ? await agent.ask(request) : new Uint8Array([FAILURE]);
}

/** Cuts received bytes into requests: four bytes of length, then the request. */
class Requests {
  #parts: Uint8Array[] = [];
  #size = 0;
  /** The size of the next request with its length, as far as it is known. */
  #wanted = 4;

  /** Gives the requests that these bytes complete. Throws an RpcError for what is no request. */
  *add(bytes: Uint8Array): Generator<Uint8Array> {
    this.#parts.push(bytes.slice());
    this.#size += bytes.length;
    if (this.#size < this.#wanted) return;
    let rest = joinBytes(this.#parts);
    for (this.#wanted = 4; rest.length >= this.#wanted;) {
      const length = new DataView(rest.buffer, rest.byteOffset).getUint32(0);
      if (length === 0 || length > LARGEST) {
        throw new RpcError(Code.INVALID_ARGUMENT, `a request to the ssh agent has ${length} bytes`);
      }
      this.#wanted = 4 + length;
      if (rest.length < this.#wanted) break;
      yield rest.subarray(4, this.#wanted);
      rest = rest.subarray(this.#wanted);
      this.#wanted = 4;
    }
    this.#parts = [rest];
    this.#size = rest.length;
  }
}
