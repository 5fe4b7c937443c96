/** Reads definitions of HCL and JSON without files, for tests. */
import { readDefinition } from "../../bake/definition/read.ts";
import type { Definition, ReadOptions } from "../../bake/options.ts";

/** The home directory of the definitions' user. */
export const HOME = "/home/tester";

export function readHcl(
  files: readonly { readonly name: string; readonly text: string | Uint8Array<ArrayBuffer> }[],
  options: Partial<ReadOptions> = {},
): Promise<Definition> {
  return readDefinition(
    files.map(({ name, text }) => ({
      name,
      data: typeof text === "string" ? new TextEncoder().encode(text) : text,
    })),
    {
      lookup: () => undefined,
      builtins: new Map(),
      isRemote: () => false,
      home: () => HOME,
      compose: {
        refuse: () => Promise.resolve("not compose"),
        read: () => Promise.reject(new Error("no file is a compose file")),
      },
      ...options,
    },
  );
}
