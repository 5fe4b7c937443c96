import { implicitBuilder, openStore } from "../builders/builder.ts";
import { BuilderError } from "../builders/builder_error.ts";
import { contextNames, currentContext, currentKey } from "../transports/engine/docker_context.ts";
import { validateName } from "../builders/name.ts";
import type { Store } from "../builders/store/store.ts";
import { transaction } from "../builders/store/transaction.ts";
import { nearest } from "../base/nearest.ts";
import type { Env } from "../transports/transport.ts";
import { defineCommand } from "../cli/command.ts";

export const command = defineCommand({
  args: { usage: "[OPTIONS] NAME", min: 0, max: 1 },
  flags: {
    default: { kind: "bool", summary: "Set builder as default for current context" },
    global: { kind: "bool", summary: "Builder persists context changes" },
  },
  async run({ deps, args, flags, global }) {
    const { env, signal } = deps;
    const name = args[0] ?? global.builder;
    await transaction(openStore(env).dir, signal, async (txn) => {
      const stored = txn.find(name);
      const key = currentKey(env);
      if (stored !== undefined) {
        await txn.setCurrent({ key, name, global: flags.global }, flags.default);
      } else {
        requireDefault(txn, env, name);
        await txn.setCurrent({ key, name: "", global: false }, false);
      }
    });
  },
});

/** Accepts the name of the current docker context, which means that no builder is chosen. */
function requireDefault(store: Store, env: Env, name: string) {
  const context = currentContext(env);
  const contexts = contextNames(env);
  if (name === "default" && context !== "default") {
    throw new BuilderError("run `docker context use default` to switch to default context");
  }
  if (name === "default" || name === context) return;
  if (contexts.includes(name)) {
    throw new BuilderError(`run \`docker context use ${name}\` to switch to context ${name}`);
  }
  if (implicitBuilder(env)?.name === name) {
    throw new BuilderError(
      `${name} is the builder of BUILDKIT_HOST, which is used when no other builder is selected`,
      {
        hint: "run 'fairlead use default' to select no other builder",
      },
    );
  }
  const message = `failed to find instance ${JSON.stringify(name)}`;
  try {
    validateName(name);
  } catch (error) {
    throw new BuilderError(`${message}: ${(error as Error).message}`, {
      ...name === "" && { hint: "name a builder: fairlead use NAME; 'fairlead ls' lists them" },
    });
  }
  const near = nearest(name, [...store.list().groups.map((group) => group.name), ...contexts]);
  throw new BuilderError(message, {
    hint: near === undefined ? "'fairlead ls' lists the builders" : `did you mean ${near}?`,
  });
}
