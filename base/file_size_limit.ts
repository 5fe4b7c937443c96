/**
 * Makes writes beyond the process's limit on file sizes (`ulimit -f`) fail like writes to a full
 * disk, until the result is disposed of. Without a listener for SIGXFSZ, the system ends the
 * process without a message.
 */
export function catchFileSizeLimit(): Disposable {
  if (Deno.build.os === "windows") return { [Symbol.dispose]() {} };
  const listener = () => {};
  Deno.addSignalListener("SIGXFSZ", listener);
  return { [Symbol.dispose]: () => Deno.removeSignalListener("SIGXFSZ", listener) };
}
