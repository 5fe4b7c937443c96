import { writeAll } from "../../base/bytes.ts";
import { defineCommand } from "../../cli/command.ts";
import { osReason } from "../../base/os_reason.ts";
import { ownConsole } from "../../debugging/console.ts";
import { sizeReport } from "../../debugging/dap/shell_socket.ts";
import { onAbort } from "../../base/async.ts";

export const command = defineCommand({
  args: { usage: "PATH", min: 1, max: 1 },
  flags: {},
  async run({ deps, args }) {
    const conn = await Deno.connect({ transport: "unix", path: args[0]! }).catch((error) => {
      throw new Error(`cannot attach to ${args[0]}: ${osReason(error)}`);
    });
    const write = (bytes: Uint8Array) => writeAll(conn, bytes);
    const console = ownConsole(deps);
    const size = console.size();
    if (size) await write(sizeReport(size));
    using _attached = console.attach({
      bytes: (bytes) => write(bytes).catch(() => {}),
      end: () => void conn.closeWrite().catch(() => {}),
      resize: (size) => void write(sizeReport(size)).catch(() => {}),
    });
    using _closing = onAbort(deps.signal, () => conn.close());
    const buffer = new Uint8Array(32 << 10);
    for (let count; (count = await conn.read(buffer).catch(() => null)) !== null;) {
      await console.write(buffer.slice(0, count));
    }
    deps.signal.throwIfAborted();
  },
});
