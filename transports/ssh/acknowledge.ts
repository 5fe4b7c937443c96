/**
 * Makes this machine acknowledge at once what came from an ssh server. sshd leaves Nagle's algorithm
 * on (RFC 896; it turns it off when a session starts a program), so for a forwarded socket it holds
 * back each small packet, such as HTTP/2's window updates, until the one before is acknowledged; and
 * this machine puts acknowledgements off, by 40 ms, while it has nothing to send. An upload stood
 * still for most of its time. `SSH_MSG_IGNORE` (RFC 4253 §11.2) is something to send, and no more.
 *
 * It reaches into ssh2's insides, which has no function for it.
 */
import type { SshClient } from "./ssh2.ts";

const IGNORE = 2;

interface Insides {
  readonly _protocol: {
    /** Set while keys are exchanged: nothing else may be sent then. */
    readonly _kexinit: unknown;
    readonly _packetRW: {
      readonly write: {
        readonly allocStart: number;
        alloc(size: number): Uint8Array;
        finalize(packet: Uint8Array): Uint8Array;
      };
    };
    readonly _cipher: { encrypt(packet: Uint8Array): void };
  };
}

/** Sends something small that the server passes over. Only after the login. */
export function acknowledge(client: SshClient): void {
  const { _kexinit, _packetRW: { write }, _cipher } = (client as unknown as Insides)._protocol;
  if (_kexinit !== undefined) return;
  // The type, and an empty string.
  const packet = write.alloc(5);
  packet.fill(0, write.allocStart, write.allocStart + 5);
  packet[write.allocStart] = IGNORE;
  _cipher.encrypt(write.finalize(packet));
}
