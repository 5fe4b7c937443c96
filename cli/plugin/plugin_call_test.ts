import { deepEqual, equal } from "node:assert/strict";
import { readPluginCall } from "./plugin_call.ts";

const env = (name: string) => ({ DOCKER_CONFIG: "/home", DOCKER_CONTEXT: "prod" })[name];

Deno.test("docker's own flags stand before our name", () => {
  const call = readPluginCall(
    ["--config", "/etc/d", "-H", "tcp://h:1", "-l=debug", "--tlsverify", "buildx", "ls", "-D"],
    env,
  )!;
  equal(call.plugin, "buildx");
  deepEqual(call.args, ["--debug", "ls", "-D"]);
  equal(call.env("DOCKER_CONFIG"), "/etc/d");
  equal(call.env("DOCKER_HOST"), "tcp://h:1");
  equal(call.env("DOCKER_CONTEXT"), "", "a host goes before a context");
  equal(call.env("DOCKER_TLS_VERIFY"), "1");
  const files = ["--tls", "--tlscacert=a", "--tlscert", "b", "--tlskey=c", "buildx", "ls"];
  const tls = readPluginCall(files, env)!;
  equal(tls.env("DOCKER_TLS"), "1");
  deepEqual(["CACERT", "CERT", "KEY"].map((it) => tls.env(`FAIRLEAD_TLS${it}`)), ["a", "b", "c"]);
  const plain = readPluginCall(["-c", "dev", "fairlead", "--config", "x"], env)!;
  equal(plain.env("DOCKER_CONTEXT"), "dev");
  equal(plain.env("DOCKER_HOST"), "", "a context that is typed goes before the environment's host");
  equal(plain.context, "dev");
  equal(call.context, undefined);
  equal(plain.env("DOCKER_CONFIG"), "/home");
  deepEqual(plain.args, ["--config", "x"], "what stands behind it is ours to read");
  equal(plain.signal.aborted, false);
});

Deno.test("a value of docker's flags is no flag and no name", () => {
  const args = (...words: string[]) => readPluginCall(words, env)?.args;
  deepEqual(args("-Dl", "info", "buildx", "ls"), ["--debug", "ls"]);
  deepEqual(args("-l", "buildx", "fairlead", "ls"), ["ls"]);
  deepEqual(args("--context", "--debug", "buildx", "ls"), ["ls"]);
  deepEqual(args("-c-D", "buildx", "ls"), ["ls"]);
});

Deno.test("help is asked for before our name, too", () => {
  const args = (...words: string[]) => readPluginCall(words, env)?.args;
  deepEqual(args("help", "fairlead"), ["help"]);
  deepEqual(args("-D", "help", "buildx", "history", "ls"), ["--debug", "help", "history", "ls"]);
  deepEqual(args("--help", "buildx", "du"), ["help", "du"]);
  deepEqual(args("fairlead", "help", "du"), ["help", "du"]);
});

Deno.test("a user's own command line is not taken for docker's", () => {
  for (
    const words of [
      [],
      ["help"],
      ["help", "du"],
      ["bake", "--file", "-"],
      ["docker-cli-plugin-metadata"],
      ["--debug"],
      ["ls"],
    ]
  ) equal(readPluginCall(words, env), undefined);
});
