let caught = false;

/**
 * Makes writes beyond the process's limit on file sizes (`ulimit -f`) fail like writes to a full
 * disk. Without a listener for SIGXFSZ, the system ends the process without a message.
 *
 * The listener stays for the rest of the process, which must end by `Deno.exit`. Deno handles
 * signals on a separate thread. If the listener is already gone by then, Deno ends the process.
 */
export function catchFileSizeLimit(): void {
  if (caught || Deno.build.os === "windows") return;
  caught = true;
  Deno.addSignalListener("SIGXFSZ", () => {});
}
