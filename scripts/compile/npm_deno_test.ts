/** With a stand-in for npm: the real registry is asked by hand only, for 40 MB. */
import assert from "node:assert/strict";
import { check, run } from "../run.ts";

const module = new URL("npm_deno.ts", import.meta.url).href;
const targets = new URL("targets.ts", import.meta.url).href;

Deno.test({
  name: "Deno from npm is what npm says it is, or refused",
  ignore: Deno.build.os === "windows",
}, async () => {
  const dir = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${dir}/package`);
    await Deno.writeTextFile(`${dir}/package/deno`, "a program");
    await check("tar", ["-czf", `${dir}/it.tgz`, "-C", dir, "package"]);
    const bytes = await Deno.readFile(`${dir}/it.tgz`);
    const sum = new Uint8Array(await crypto.subtle.digest("SHA-512", bytes)).toBase64();
    const fetched = async (integrity: string) => {
      await Deno.writeTextFile(
        `${dir}/npm`,
        `#!/bin/sh
case $1 in
view) [ "$2" = @deno/linux-arm64-glibc@1.2.3 ] && echo "${integrity}" ;;
pack) cp ${dir}/it.tgz "$4/deno-linux-arm64-glibc-1.2.3.tgz" &&
  echo '[{"filename":"deno-linux-arm64-glibc-1.2.3.tgz"}]' ;;
esac
`,
      );
      await Deno.chmod(`${dir}/npm`, 0o755);
      await Deno.mkdir(`${dir}/to`, { recursive: true });
      const script = `import { fetchDeno } from ${JSON.stringify(module)};
import { findTarget } from ${JSON.stringify(targets)};
console.log(await fetchDeno(findTarget("linux-arm64"), "1.2.3", ${JSON.stringify(`${dir}/to`)}));`;
      const env = { PATH: `${dir}:${Deno.env.get("PATH")}`, NO_COLOR: "1" };
      return await run(Deno.execPath(), ["eval", script], { env });
    };
    const good = await fetched(`sha512-${sum}`);
    assert.equal(await Deno.readTextFile(good.stdout.trim()), "a program", good.stderr);
    assert.match((await fetched(`sha512-AAAA${sum.slice(4)}`)).stderr, /its checksum is wrong/);
    assert.match((await fetched("")).stderr, /npm knows no @deno\/linux-arm64-glibc@1\.2\.3/);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
