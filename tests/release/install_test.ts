/** install.sh, on releases that a server on loopback offers. */
import assert from "node:assert/strict";
import { type Ran, run } from "../harness/run.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { onPath } from "../harness/tool.ts";
import { removeFolder } from "../harness/remove_folder.ts";

const script = new URL("../../install.sh", import.meta.url).pathname;
const binary = "#!/bin/sh\necho fairlead of the release\n";
const ignore = skip(needsRoot() ?? (await onPath("setpriv") ? undefined : "there is no setpriv"));

interface Release extends AsyncDisposable {
  readonly url: string;
  /** Paths that were asked for. */
  readonly asked: string[];
}

/** @param files by path below the base */
function serve(files: Readonly<Record<string, string>>): Release {
  const asked: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { pathname } = new URL(request.url);
    asked.push(pathname);
    const text = files[pathname];
    return text === undefined ? new Response("", { status: 404 }) : new Response(text);
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    asked,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

async function sums(name: string, text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return `${"0".repeat(64)}  other\n${new Uint8Array(digest).toHex()}  ${name}\n`;
}

interface Machine {
  readonly system?: string;
  readonly machine?: string;
  /** Stay root. */
  readonly root?: boolean;
  /** musl's loader lies in /lib. */
  readonly musl?: boolean;
  /** musl's getconf, which knows no version of glibc. A made one: there is no such system here. */
  readonly noGlibc?: boolean;
}

/** Runs it as an ordinary user (or root) on a machine that calls itself so; `check` sees the folder. */
async function install(
  url: string,
  args: readonly string[],
  { system = "Linux", machine = "x86_64", root = false, musl, noGlibc }: Machine = {},
  check: (home: string, ran: Ran) => Promise<void> | void = () => {},
): Promise<Ran> {
  const home = await Deno.makeTempDir({ prefix: "fl-install-" });
  try {
    await Deno.mkdir(`${home}/bin`);
    const says = `#!/bin/sh\ncase $1 in -s) echo ${system} ;; *) echo ${machine} ;; esac\n`;
    await Deno.writeTextFile(`${home}/bin/uname`, says, { mode: 0o755 });
    if (noGlibc) {
      await Deno.writeTextFile(`${home}/bin/getconf`, "#!/bin/sh\nexit 1\n", { mode: 0o755 });
    }
    await Deno.chmod(home, 0o777);
    const command = ["sh", script, ...args];
    const user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    await Deno.mkdir(`${home}/lib`);
    await Deno.writeTextFile(`${home}/lib/ld-musl-x86_64.so.1`, "");
    // In a namespace of its own, a file more in /usr/lib.
    const overlay =
      `mount -t overlay none -o "lowerdir=${home}/lib:/usr/lib" /usr/lib && exec "$@"`;
    const [program, ...words] = [
      ...musl ? ["unshare", "-m", "sh", "-c", overlay, "sh"] : [],
      ...root ? command : [...user, ...command],
    ];
    const ran = await run(program!, words, {
      cwd: home,
      env: { HOME: home, PATH: `${home}/bin:/usr/bin:/bin`, FAIRLEAD_DOWNLOAD: url },
    });
    await check(home, ran);
    return ran;
  } finally {
    await removeFolder(home);
  }
}

const targets: [Machine, string][] = [
  [{}, "fairlead-linux-x64"],
  [{ machine: "aarch64" }, "fairlead-linux-arm64"],
  [{ system: "Darwin", machine: "arm64" }, "fairlead-macos-arm64"],
  [{ system: "Darwin" }, "fairlead-macos-x64"],
];
for (const [machine, name] of targets) {
  Deno.test({ name: `install.sh takes ${name} where it belongs`, ignore }, async () => {
    const path = `/latest/download/`;
    await using release = serve({
      [path + name]: binary,
      [`${path}SHA256SUMS`]: await sums(name, binary),
    });
    await install(release.url, [], machine, async (home, { code, stdout, stderr }) => {
      assert.equal(code, 0, stderr);
      assert.match(stdout, /^installed .*\/\.local\/bin\/fairlead \(latest\)\n/);
      assert.match(stdout, /is not in PATH/);
      assert.equal(
        (await run(`${home}/.local/bin/fairlead`, [])).stdout,
        "fairlead of the release\n",
      );
      const left = [...Deno.readDirSync(`${home}/.local/bin`)].map(({ name }) => name);
      assert.deepEqual(left, ["fairlead"]);
    });
  });
}

Deno.test({ name: "install.sh takes a version, and a folder", ignore }, async () => {
  const name = "fairlead-linux-x64";
  const path = "/download/v1.2.3/";
  await using release = serve({
    [path + name]: binary,
    [`${path}SHA256SUMS`]: await sums(name, binary),
  });
  await install(release.url, ["--version", "v1.2.3", "--dir", "here"], {}, async (home, ran) => {
    assert.equal(ran.code, 0, ran.stderr);
    assert.ok((await Deno.stat(`${home}/here/fairlead`)).isFile);
  });
  // musl's loader beside glibc, as Debian's package musl has it.
  const args = ["--version=v1.2.3", "--dir=a folder/"];
  await install(release.url, args, { musl: true }, async (home, ran) => {
    assert.equal(ran.code, 0, ran.stderr);
    assert.match(ran.stdout, new RegExp(`^installed ${home}/a folder/fairlead `));
    assert.ok((await Deno.stat(`${home}/a folder/fairlead`)).isFile);
  });
  // The folder `bin`, that of uname, is in PATH.
  await install(release.url, ["--version=v1.2.3", "--dir=bin/"], { root: false }, (_, ran) => {
    assert.match(ran.stderr, /cannot write into \S+\/bin; name another/);
  });
  await install(
    release.url,
    ["--as-root", "--version=v1.2.3", "--dir=bin/"],
    { root: true },
    (_, ran) => {
      assert.doesNotMatch(ran.stdout, /PATH/);
    },
  );
});

Deno.test({ name: "install.sh leaves a folder of that name alone", ignore }, async () => {
  await using release = serve({});
  const folder = await Deno.makeTempDir({ prefix: "fl-install-" });
  await Deno.mkdir(`${folder}/fairlead`);
  const args = ["--as-root", "--dir", folder];
  const { code, stderr } = await install(release.url, args, { root: true });
  await removeFolder(folder);
  assert.equal(code, 1);
  assert.match(stderr, /\/fairlead is a folder; name another place/);
  assert.deepEqual(release.asked, []);
});

Deno.test(
  { name: "install.sh installs nothing that isn't what the release says", ignore },
  async () => {
    const name = "fairlead-linux-x64";
    const path = "/latest/download/";
    const bad: [Record<string, string>, RegExp][] = [
      [
        { [path + name]: binary + "x", [`${path}SHA256SUMS`]: await sums(name, binary) },
        /is damaged/,
      ],
      [
        { [path + name]: binary, [`${path}SHA256SUMS`]: await sums("x", binary) },
        /says nothing of/,
      ],
      [{ [path + name]: binary }, /cannot download .*SHA256SUMS/],
      [{}, /cannot download .*fairlead-linux-x64/],
    ];
    for (const [files, said] of bad) {
      await using release = serve(files);
      await install(release.url, [], {}, (home, { code, stderr }) => {
        assert.equal(code, 1);
        assert.match(stderr, said);
        assert.deepEqual([...Deno.readDirSync(`${home}/.local/bin`)], [], "nothing is left behind");
      });
    }
  },
);

Deno.test(
  { name: "install.sh asks for nothing where there is nothing for the machine", ignore },
  async () => {
    await using release = serve({});
    for (
      const [machine, said] of [
        [{ machine: "riscv64" }, /no binary for riscv64/],
        [{ system: "SunOS" }, /no binary for SunOS/],
        [{ system: "MINGW64_NT-10.0" }, /fairlead-windows-x64\.exe/],
        [{ musl: true, noGlibc: true }, /has musl, not glibc/],
      ] as const
    ) {
      const { code, stderr } = await install(release.url, [], machine);
      assert.equal(code, 1);
      assert.match(stderr, said);
    }
    for (
      const args of [["--version", "1.2.3"], ["--version=1"], ["--dir"], ["--dir="], ["--nonsense"]]
    ) {
      assert.equal((await install(release.url, args)).code, 1);
    }
    assert.deepEqual(release.asked, []);
  },
);

Deno.test({ name: "install.sh does nothing as root, unless that is meant", ignore }, async () => {
  const name = "fairlead-linux-x64";
  const path = "/latest/download/";
  await using release = serve({
    [path + name]: binary,
    [`${path}SHA256SUMS`]: await sums(name, binary),
  });
  const refused = await install(release.url, [], { root: true });
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /you are root/);
  assert.deepEqual(release.asked, []);
  await install(release.url, ["--as-root", "--dir", "here"], { root: true }, async (home, ran) => {
    assert.equal(ran.code, 0, ran.stderr);
    assert.ok((await Deno.stat(`${home}/here/fairlead`)).isFile);
  });
});

Deno.test("a part of install.sh does nothing", async () => {
  const text = await Deno.readTextFile(script);
  for (let at = 0; at < text.length - 12; at += 97) {
    const { stdout } = await run("sh", ["-c", text.slice(0, at)], {
      env: { HOME: "/nonexistent" },
    });
    assert.equal(stdout, "");
  }
});
