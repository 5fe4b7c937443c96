import { deepEqual, equal, match, rejects } from "node:assert/strict";
import type { CredentialSource } from "../session/logins/credentials.ts";
import { authorizer } from "./authorizer.ts";
import type { RegistryError } from "./registry_error.ts";
import { hostsOf } from "./hosts.ts";

function source(login: { username: string; secret: string; registryToken?: string } | undefined) {
  return {
    lookup: () => Promise.resolve(login),
    has: () => Promise.resolve(login !== undefined),
  } as unknown as CredentialSource;
}

/** A registry on another machine, which buildkitd.toml declares plain. */
const [plain] = hostsOf("r.lan:5000", new Map([["r.lan:5000", { http: true }]]));
const challenges = [
  'Basic realm="r"',
  'Bearer realm="https://r.lan:5000/token",service="r"',
  'Bearer realm="http://r.lan:5000/token",service="r"',
];

for (
  const login of [
    { username: "me", secret: "p4ss" },
    { username: "", secret: "", registryToken: "t0ken" },
  ]
) {
  for (const challenge of challenges) {
    const kind = login.registryToken ? "a fixed token" : "a password";
    Deno.test(`${kind} stays here for a registry without TLS: ${challenge}`, async () => {
      const { signal } = new AbortController();
      const { header, learn } = authorizer(source(login), signal, 1000);
      equal(learn(plain!, challenge, 1), true);
      await rejects(() => header(plain!, ["repository:a:pull"]), (error) => {
        match((error as Error).message, /cannot log in to http:\/\/r\.lan:5000: .* without TLS/);
        match((error as RegistryError).hint ?? "", /FAIRLEAD_CLEAR_LOGINS=r\.lan:5000/);
        return !/p4ss|t0ken/.test(JSON.stringify(error));
      });
    });
  }
}

Deno.test("a permitted registry without TLS gets the login", async () => {
  const { signal } = new AbortController();
  const me = source({ username: "me", secret: "p4ss" });
  const { header, learn } = authorizer(me, signal, 1000, () => [], ["s.lan", "r.lan:5000"]);
  learn(plain!, challenges[0]!, 1);
  deepEqual(await header(plain!, []), `Basic ${btoa("me:p4ss")}`);
});

Deno.test("without a login there is nothing to keep back", async () => {
  const { header, learn } = authorizer(source(undefined), new AbortController().signal, 1000);
  learn(plain!, challenges[0]!, 1);
  equal(await header(plain!, []), undefined);
});
