/** Keys of git's and PGP's users, and what they signed. */
import { commitAll } from "../harness/git.ts";
import { check } from "../harness/run.ts";
import { need } from "../harness/tool.ts";

/** A person with an ssh key and a PGP key. */
export interface Signer extends AsyncDisposable {
  readonly name: string;
  /** The public keys, as `verify_git_signature` takes them. */
  readonly ssh: string;
  readonly pgp: string;
  /** Signs bytes detached, armored. */
  sign(text: string, ...options: string[]): Promise<string>;
  /** Runs git in a folder, signing by the ssh key or by the PGP key. */
  git(folder: string, by: "ssh" | "pgp" | "none", ...args: string[]): Promise<string>;
}

/** @param home an absolute folder for the keys; a short path, for the sockets of PGP's agent */
export async function signer(home: string, name: string): Promise<Signer> {
  const [gpg, keygen] = [await need("gpg"), await need("ssh-keygen")];
  Deno.mkdirSync(home, { recursive: true, mode: 0o700 });
  const env = { GNUPGHOME: home, HOME: home };
  const run = async (args: string[], stdin?: string) =>
    (await check(gpg, ["--batch", "--quiet", "--pinentry-mode", "loopback", ...args], {
      env,
      ...stdin !== undefined && { stdin },
    })).stdout;
  const identity = `${name} <${name}@t>`;
  await run(["--passphrase", "", "--quick-generate-key", identity, "rsa2048", "sign", "never"]);
  await check(keygen, ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", `${home}/ssh`]);
  return {
    name,
    ssh: Deno.readTextFileSync(`${home}/ssh.pub`),
    pgp: await run(["--armor", "--export", identity]),
    sign: (text, ...options) =>
      run(["--armor", "--local-user", identity, "--detach-sign", ...options], text),
    async git(folder, by, ...args) {
      const options = {
        ssh: ["gpg.format=ssh", `user.signingkey=${home}/ssh.pub`],
        pgp: [`user.signingkey=${identity}`, `gpg.program=${gpg}`],
        none: [],
      }[by];
      const signs = by === "none"
        ? []
        : ["commit.gpgsign=true", ...args[0] === "tag" ? ["tag.gpgsign=true"] : []];
      const all = ["user.name=t", "user.email=t@t", ...options, ...signs];
      const { stdout } = await check("git", [
        ...["-C", folder, ...all.flatMap((pair) => ["-c", pair])],
        ...args,
      ], { env: { ...env, GIT_CONFIG_GLOBAL: "/dev/null" } });
      return stdout.trim();
    },
    async [Symbol.asyncDispose]() {
      await check("gpgconf", ["--kill", "all"], { env });
      await Deno.remove(home, { recursive: true });
    },
  };
}

/**
 * A repository: `v1` names an unsigned commit; `v2` is a tag that the ssh key signed, of a commit
 * that it signed; the commit at the tip of `dev` is signed by the PGP key, and so is the tag `v3`.
 */
export async function signedRepository(folder: string, { git }: Signer): Promise<void> {
  await commitAll(folder, "one");
  await git(folder, "none", "tag", "v1");
  await git(folder, "ssh", "commit", "-q", "--allow-empty", "-m", "two, signed");
  await git(folder, "ssh", "tag", "-s", "-m", "release two", "v2");
  await git(folder, "none", "tag", "-a", "-m", "unsigned", "v2u");
  await git(folder, "none", "checkout", "-q", "-b", "dev");
  await git(folder, "pgp", "commit", "-q", "--allow-empty", "-m", "three, signed\n\nmore");
  await git(folder, "pgp", "tag", "-s", "-m", "release three", "v3");
  await git(folder, "none", "checkout", "-q", "main");
}
