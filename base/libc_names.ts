/** The names under which `Deno.dlopen` may find the C library; none on Windows. */
export function libcNames(): readonly string[] {
  if (Deno.build.os === "darwin") return ["libSystem.dylib"];
  return Deno.build.os === "linux"
    ? ["libc.so.6", "libc.so", `libc.musl-${Deno.build.arch}.so.1`]
    : [];
}
