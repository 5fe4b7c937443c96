let caught = false;

/**
 * Makes writes beyond the process's limit on file sizes (`ulimit -f`) fail like writes to a full
 * disk. Without a listener for SIGXFSZ, the system ends the process without a message.
 *
 * The listener stays for the rest of the process, which must end by `Deno.exit`. Deno handles a
 * signal on a thread of its own, and ends the process if the listener is gone by then.
 */
export function catchFileSizeLimit(): void {
  if (caught || Deno.build.os === "windows") return;
  caught = true;
  Deno.addSignalListener("SIGXFSZ", () => {});
}
