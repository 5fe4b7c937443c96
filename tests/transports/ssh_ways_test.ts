/** The ways to an ssh server: programs, jump hosts, IPv6, limits; each by a real sshd. */
import assert from "node:assert/strict";
import { needsRoot, skip } from "../harness/skip.ts";
import { type Sshd, startSshd } from "../harness/sshd.ts";
import { missing, onPath } from "../harness/tool.ts";
import { withinBudget } from "../../transports/budget.ts";
import { ssh as transport } from "../../transports/schemes/ssh.ts";
import { readExactly, soon } from "../../transports/contract/expect.ts";
import { context, sleep } from "./contract_help.ts";
import { sshRig } from "./ssh_rig.ts";

const reason = needsRoot() ?? await missing("sshd") ??
  (await onPath("ssh") === undefined ? "there is no ssh program" : undefined);

if (!skip(reason)) {
  const rig = await sshRig();
  const box = await startSshd({ config: ["ListenAddress ::1"] });
  const hop = await startSshd();
  const inner = await startSshd();
  addEventListener("unload", () => {
    void Promise.all([rig, box, hop, inner].map((each) => each[Symbol.asyncDispose]()));
  });
  const ssh = await onPath("ssh");
  const test = (title: string, fn: () => Promise<void>) =>
    // The connection waits for the next dial.
    Deno.test({ name: `ssh: ${title}`, sanitizeOps: false, sanitizeResources: false }, fn);
  const known = `${rig.home}/.ssh/known`;
  for (const each of [box, hop, inner]) {
    await Deno.writeTextFile(known, await Deno.readTextFile(each.knownHosts), { append: true });
  }
  /** Lines of the configuration for a server. */
  const at = (name: string, to: Sshd, ...more: string[]) =>
    [`Host ${name}`, `HostName 127.0.0.1`, `Port ${to.port}`, `IdentityFile ${to.key}`, ...more]
      .join("\n  ") + "\n";
  let configs = 0;
  const config = async (...blocks: string[]) => {
    // A name of its own, so that no connection of another configuration is taken.
    const hosts = `${known}${configs++}`;
    await Deno.copyFile(known, hosts);
    const end = `Host *\n  User root\n  IdentitiesOnly yes\n  UserKnownHostsFile ${hosts}\n`;
    await rig.write("config", blocks.join("") + end);
  };
  const socket = rig.peer.socket;
  const log = (of: Sshd) => Deno.readTextFile(`${of.root}/sshd.log`);
  /** Programs run in the test's folder, and leave their files there. */
  const trace = `${rig.home}/trace`;
  const gone = async (pid: number) => {
    const over = async () => {
      while (await Deno.stat(`/proc/${pid}`).then(() => true, () => false)) await sleep(50);
    };
    await soon(over(), "the end of the program", 10_000);
  };

  test("ProxyCommand: the command gets the host and port, and ends with the connection", async () => {
    const script = `${rig.home}/proxy`;
    await Deno.writeTextFile(
      script,
      `#!/bin/sh\necho $$ "$@" > ${trace}\nexec ${ssh} -F ${rig.home}/.ssh/config -W $1:$2 hop\n`,
      { mode: 0o755 },
    );
    await config(at("hop", hop), at("box", box, `ProxyCommand ${script} %h %p %r %n '%%'`));
    const before = (await log(hop)).length;
    await rig.reach(`ssh://box${socket}`);
    assert.match((await log(hop)).slice(before), /Accepted publickey for root/);
    const [pid, ...args] = (await Deno.readTextFile(trace)).trim().split(" ");
    assert.deepEqual(args, ["127.0.0.1", String(box.port), "root", "box", "%"]);
    await gone(Number(pid));
  });

  test("ProxyCommand: the reason of a failure is reported", async () => {
    await config(at("box", box, "ProxyCommand sh -c 'echo no way to %h >&2; exit 3'"));
    await rig.fails(
      `ssh://box${socket}`,
      /: ProxyCommand sh -c 'echo no way to \S+ >&2; exit 3' failed with exit code 3: no way to 127\.0\.0\.1;/,
      "unreachable",
    );
    await config(at("box", box, "ProxyCommand nonesuch-program %h"));
    await rig.fails(
      `ssh://box${socket}`,
      /ProxyCommand nonesuch-program 127\.0\.0\.1 failed with exit code 127: .*not found; run the command by hand/,
      "unreachable",
    );
    await config(at("box", box, "ProxyCommand echo hello"));
    await rig.fails(`ssh://box${socket}`, /the ssh handshake failed/, "unreachable");
  });

  test("ProxyCommand: a user's name is never a command", async () => {
    await config(at("box", box, "ProxyCommand nc %r %h"));
    await rig.fails(
      "ssh://`id`@box" + socket,
      /ProxyCommand: "`id`" \(%r\) can't be used in a command/,
      "config",
    );
    await config(at("box", box), `Match exec "test %r = x"\n Port 1\n`);
    await rig.fails(
      "ssh://x;id@box" + socket,
      /config:5: Match exec: "x;id" \(%r\) can't be used in a command/,
      "config",
    );
  });

  test("a configuration that others may write is refused, as by ssh", async () => {
    await config("Include more\n", at("box", box));
    await rig.write("more", "");
    for (const name of ["config", "more"]) {
      const path = `${rig.home}/.ssh/${name}`;
      await Deno.chmod(path, 0o602);
      await rig.fails(
        `ssh://box${socket}`,
        new RegExp(`${path}: it is not used, because other users can write to it; chmod go-w`),
        "config",
      );
      await Deno.chmod(path, 0o644);
      await rig.reach(`ssh://box${socket}`);
    }
  });

  test("a server whose algorithms are all unknown here is named with them", async () => {
    await using strict = await startSshd({
      config: ["KexAlgorithms sntrup761x25519-sha512@openssh.com"],
    });
    const access = `identity=${strict.key}&knownHosts=${strict.knownHosts}`;
    await rig.fails(
      `ssh://root@127.0.0.1:${strict.port}${socket}?${access}`,
      /no key exchange algorithm in common: the server offers sntrup761x25519-sha512@openssh\.com; /,
      "unsupported",
    );
  });

  test("users and sockets are decoded from percent signs", async () => {
    const odd = `${rig.home}/a b%?'c.sock`;
    await Deno.symlink(socket, odd);
    const access = `identity=${box.key}&knownHosts=${box.knownHosts}`;
    await rig.reach(
      `ssh://r%6Fot@127.0.0.1:${box.port}${encodeURI(odd).replace("?", "%3F")}?${access}`,
    );
    await rig.fails(
      `ssh://CORP%5Cme@127.0.0.1:${box.port}/s?${access}`,
      /the server refused user CORP\\me: /,
      "unauthenticated",
    );
  });

  test("ConnectTimeout ends the wait for a silent program, and for a silent server", async () => {
    const script = `${rig.home}/silent`;
    await Deno.writeTextFile(script, `#!/bin/sh\necho $$ > ${trace}\nexec sleep 1000\n`, {
      mode: 0o755,
    });
    await config(at("box", box, `ProxyCommand ${script}`, "ConnectTimeout 1"));
    const late = /there was no answer within the 1 s of ConnectTimeout; check the host/;
    await rig.fails(`ssh://box${socket}`, late, "timeout");
    await gone(Number(await Deno.readTextFile(trace)));
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    await config(
      `Host box\n HostName 127.0.0.1\n Port ${listener.addr.port}\n ConnectTimeout 1\n`,
    );
    await rig.fails(`ssh://box${socket}`, late, "timeout");
  });

  /** Servers that were passed, in words. */
  const passed = async (run: () => Promise<void>) => {
    const before = await Promise.all([box, hop, inner].map(log));
    await run();
    const after = await Promise.all([box, hop, inner].map(log));
    return ["box", "hop", "inner"].flatMap((name, i) =>
      Array.from(
        after[i]!.slice(before[i]!.length).matchAll(/Accepted publickey for (\w+)/g),
        ([, user]) => `${user}@${name}`,
      )
    );
  };

  for (
    const [title, ...blocks] of [
      [
        "a chain, with users of their own",
        at("box", box, `ProxyJump nobody@hop:${hop.port},inner`),
        at("hop", hop, "Port 1"),
        at("inner", inner),
      ],
      [
        "one that is reached by another",
        at("box", box, "ProxyJump inner"),
        at("inner", inner, "ProxyJump hop"),
        at("hop", hop, "User nobody"),
      ],
    ] as const
  ) {
    test(`jump hosts: ${title}`, async () => {
      // A user with no shell may pass through.
      await Deno.chmod(hop.root, 0o755);
      await Deno.chmod(hop.authorizedKeys, 0o644);
      await config(...blocks);
      assert.deepEqual(await passed(() => rig.reach(`ssh://box${socket}`)), [
        ...["root@box", "nobody@hop", "root@inner"],
      ]);
    });
  }

  test("jump hosts: one for all hosts, and one behind a ProxyCommand", async () => {
    await config(at("box", box), at("hop", hop), "Match all\n ProxyJump hop\n");
    assert.deepEqual(await passed(() => rig.reach(`ssh://box${socket}`)), ["root@box", "root@hop"]);
    await config(
      at("box", box, "ProxyJump inner"),
      at("inner", inner, `ProxyCommand ${ssh} -F ${rig.home}/.ssh/config -W %h:%p hop`),
      at("hop", hop),
    );
    assert.deepEqual(await passed(() => rig.reach(`ssh://box${socket}`)), [
      ...["root@box", "root@hop", "root@inner"],
    ]);
  });

  test("jump hosts in a circle are refused", async () => {
    await config(
      at("box", box, "ProxyJump inner"),
      at("inner", inner, "ProxyJump hop"),
      at("hop", hop, "ProxyJump inner"),
    );
    await rig.fails(
      `ssh://box${socket}`,
      /the jump hosts form a circle: root@127\.0\.0\.1:\d+ comes again; give one of the jump hosts/,
      "config",
    );
  });

  test("jump hosts: an invalid one is refused", async () => {
    for (const jump of ["hop:99999", "@hop", "hop,,inner", "::1"]) {
      await config(at("box", box, `ProxyJump ${jump}`), at("hop", hop));
      await rig.fails(
        `ssh://box${socket}`,
        /ProxyJump .*: it is not a host; write each as/,
        "config",
      );
    }
  });

  test("an IPv6 address is dialled", async () => {
    const hosts = `${rig.home}/six`;
    await Deno.writeTextFile(hosts, `[::1]:${box.port} ${box.hostKeys[0]}\n`);
    await rig.reach(
      `ssh://root@[::1]:${box.port}${socket}?identity=${box.key}&knownHosts=${hosts}`,
    );
    await config(
      `Host six\n HostName ::1\n Port ${box.port}\n IdentityFile ${box.key}\n` +
        ` UserKnownHostsFile ${hosts}\n ProxyJump hop\n`,
      at("hop", hop),
    );
    await rig.reach(`ssh://six${socket}`);
  });

  for (
    const [limits, programs, logins] of [
      [["MaxSessions 1"], 12, 12],
      [["MaxSessions 3", "MaxStartups 2"], 12, undefined],
      [[], 25, 3],
    ] as const
  ) {
    test(`many programs at once, and the server has ${limits.join(", ") || "its usual limits"}`, async () => {
      await using strict = await startSshd({ config: [...limits] });
      const access = `identity=${strict.key}&knownHosts=${strict.knownHosts}`;
      const spec = transport.parse(`ssh://root@127.0.0.1:${strict.port}?${access}&command=cat`);
      const word = new TextEncoder().encode("a word");
      const speak = async () => {
        // A server that has too many logins under way hangs up: then it is tried anew.
        const { result } = await withinBudget(
          { ms: 30_000 },
          new AbortController().signal,
          (attempt) => transport.dial(spec, { ...context(), ...attempt }),
        );
        await result.stream.write(word);
        assert.deepEqual(await readExactly(result.stream, word.length), word);
        return result.stream;
      };
      const streams = await Promise.all(Array.from({ length: programs }, speak));
      for (const stream of streams) stream.close();
      const seen = (await log(strict)).match(/Accepted publickey/g)?.length;
      if (logins !== undefined) assert.equal(seen, logins);
    });
  }

  test("a server without any program gives one error", async () => {
    await using strict = await startSshd({ config: ["MaxSessions 0"] });
    const access = `identity=${strict.key}&knownHosts=${strict.knownHosts}`;
    const endpoint = `ssh://root@127.0.0.1:${strict.port}?${access}&command=cat`;
    await Promise.all(
      Array.from({ length: 5 }, () => rig.fails(endpoint, /it starts no program/, "unreachable")),
    );
  });
}
