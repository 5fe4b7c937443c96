/**
 * Helpers of the tests of ssh: a home of their own, and an exchange with the peer through a server.
 */
import assert from "node:assert/strict";
import { DialError, type DialErrorCode } from "../../transports/errors.ts";
import { ssh } from "../../transports/schemes/ssh.ts";
import { removeFolder } from "../harness/remove_folder.ts";
import { readExactly, soon } from "../../transports/contract/expect.ts";
import { context } from "./contract_help.ts";
import { type Peer, startPeer } from "./start_peer.ts";

/** Dials from a home of its own. */
export interface SshRig extends AsyncDisposable {
  /** Its `.ssh` is there, and empty. */
  readonly home: string;
  readonly peer: Peer;
  /** Writes a file in `.ssh`. */
  write(name: string, text: string): Promise<void>;
  /** Dials, and exchanges a line with the peer. */
  reach(endpoint: string, env?: Readonly<Record<string, string>>): Promise<void>;
  /** The same, which ends in an error: message and hint, joined by `; `, are as expected. */
  fails(
    endpoint: string,
    expected: RegExp,
    code: DialErrorCode,
    env?: Readonly<Record<string, string>>,
  ): Promise<void>;
}

export async function sshRig(): Promise<SshRig> {
  const home = await Deno.makeTempDir({ prefix: "fl-home-" });
  await Deno.mkdir(`${home}/.ssh`);
  const peer = await startPeer();
  const reach: SshRig["reach"] = async (endpoint, env = {}) => {
    const all: Record<string, string> = { HOME: home, ...env };
    const inner = { ...context(), env: (key: string) => all[key] };
    const { stream } = await soon(ssh.dial(ssh.parse(endpoint), inner), "the dial", 20_000);
    try {
      await stream.write(new TextEncoder().encode("wait\n"));
      assert.equal(new TextDecoder().decode(await readExactly(stream, 5)), "ready");
    } finally {
      stream.close();
    }
  };
  return {
    home,
    peer,
    write: (name, text) => Deno.writeTextFile(`${home}/.ssh/${name}`, text, { mode: 0o600 }),
    reach,
    fails: (endpoint, expected, code, env) =>
      assert.rejects(reach(endpoint, env), (error) => {
        assert(error instanceof DialError, String(error));
        assert.match(`${error.message}; ${error.hint}`, expected);
        assert.equal(error.code, code);
        assert(!(error.retryable && code === "unauthenticated"), "it would be refused again");
        return true;
      }),
    async [Symbol.asyncDispose]() {
      await peer.kill();
      await removeFolder(home);
    },
  };
}
