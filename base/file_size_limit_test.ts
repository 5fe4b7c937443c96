import { equal, match } from "node:assert/strict";
import { tempFolder } from "../tests/harness/temp_folder.ts";

const module = new URL("file_size_limit.ts", import.meta.url).href;

/**
 * Writes 4 MB under a limit of 2 MB. The program gets empty caches, because Deno's usual caches are
 * larger than the limit.
 */
async function write(before: string): Promise<Deno.CommandOutput> {
  using folder = tempFolder();
  const dir = folder.path;
  const script = `import { catchFileSizeLimit } from "${module}";
${before}
try {
  Deno.writeFileSync("${dir}/file", new Uint8Array(4_000_000));
} catch (error) {
  console.log(error.message);
}
Deno.exit();
`;
  await Deno.writeTextFile(`${dir}/script.ts`, script);
  return await new Deno.Command("sh", {
    args: [
      ...["-c", 'ulimit -f 4000; exec "$0" "$@"', Deno.execPath()],
      ...["run", "-A", "--quiet", "--no-check", "--no-config", "--no-lock", `${dir}/script.ts`],
    ],
    env: { DENO_DIR: `${dir}/deno` },
    stderr: "null",
  }).output();
}

Deno.test({
  name: "a write beyond `ulimit -f` fails instead of ending the process",
  ignore: Deno.build.os === "windows",
}, async () => {
  const { code, stdout } = await write("catchFileSizeLimit();");
  match(new TextDecoder().decode(stdout), /^File too large/);
  equal(code, 0);
  equal((await write("")).signal, "SIGXFSZ");
});
