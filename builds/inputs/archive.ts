import type { Input } from "../../cli/deps.ts";
import type { Scratch } from "../scratch.ts";
import { abortable } from "../../base/async.ts";
import { writeAll } from "../../base/bytes.ts";

type Reader = Pick<Input, "read">;

/** A context that comes as an archive on stdin. */
export interface Archive {
  /** Opens a reader of the archive; undefined when the archive was read before and isn't kept. */
  open(): Reader & Partial<Disposable> | undefined;
  /**
   * Reads the whole archive into a file, so that it can be read often. Rejects with the signal's
   * reason.
   */
  keep(signal: AbortSignal): Promise<void>;
}

export function archiveFrom(stdin: Reader, scratch: Scratch): Archive {
  let given = false;
  let kept: string | undefined;
  return {
    open() {
      if (kept !== undefined) return Deno.openSync(kept);
      if (given) return undefined;
      given = true;
      return stdin;
    },
    async keep(signal) {
      if (kept !== undefined) return;
      const path = `${scratch.folder("stdin")}/context`;
      using file = Deno.openSync(path, { write: true, createNew: true, mode: 0o600 });
      const buffer = new Uint8Array(256 << 10);
      for (let n; (n = await abortable(stdin.read(buffer), signal)) !== null;) {
        await writeAll(file, buffer.subarray(0, n));
      }
      kept = path;
    },
  };
}
