import type { Deps } from "../../../cli/deps.ts";

/** No program could open an address. */
class OpenError extends Error {
  override readonly name = "OpenError";
  readonly hint: string;
  constructor(reason: string, url: string) {
    super(`cannot open ${url}: ${reason}`);
    this.hint = "Docker Desktop is not installed on this machine; 'fairlead history inspect' and " +
      "'fairlead history logs' show the same here";
  }
}

/** The programs that open an address on each system; the first that exists is used. */
const openers: Readonly<Record<string, readonly (readonly string[])[]>> = {
  darwin: [["open"]],
  windows: [["rundll32", "url.dll,FileProtocolHandler"]],
  linux: [["xdg-open"], ["x-www-browser"], ["www-browser"]],
};

/** Opens an address with the desktop's program. Throws `OpenError`. */
export async function openUrl(url: string, { signal }: Pick<Deps, "signal">): Promise<void> {
  const known = openers[Deno.build.os] ?? openers["linux"]!;
  for (const [program = "", ...args] of known) {
    try {
      const { success, stderr } = await new Deno.Command(program, {
        args: [...args, url],
        stdin: "null",
        stdout: "null",
        signal,
      }).output();
      if (success) return;
      throw new OpenError(new TextDecoder().decode(stderr).trim() || `${program} failed`, url);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  throw new OpenError(`there is no ${known.map(([program]) => program).join(", ")}`, url);
}
