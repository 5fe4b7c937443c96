/**
 * libgcc_s.so.1 of this machine: what Deno needs beside libc, and what a root with no more than libc
 * lacks. (The GCC Runtime Library Exception lets anybody pass it on with a program.)
 */
export async function findLibgcc(): Promise<string | undefined> {
  if (Deno.build.os !== "linux") return undefined;
  const folders = ["lib", "usr/lib"].flatMap((top) => [
    `/${top}/${Deno.build.arch}-linux-gnu`,
    `/${top}64`,
    `/${top}`,
  ]);
  for (const folder of folders) {
    const path = `${folder}/libgcc_s.so.1`;
    if (await Deno.stat(path).then(() => true, () => false)) return path;
  }
  return undefined;
}
