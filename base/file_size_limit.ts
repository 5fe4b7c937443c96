/**
 * Makes writes beyond the process's limit on the size of files (`ulimit -f`) fail, as those on a full
 * disk do, until the result is disposed of. Without a listener to SIGXFSZ the system ends the process
 * without a word.
 */
export function catchFileSizeLimit(): Disposable {
  if (Deno.build.os === "windows") return { [Symbol.dispose]() {} };
  const listener = () => {};
  Deno.addSignalListener("SIGXFSZ", listener);
  return { [Symbol.dispose]: () => Deno.removeSignalListener("SIGXFSZ", listener) };
}
