import assert from "node:assert/strict";
import {
  ContentDefinition,
  ReadContentRequest,
  ReadContentResponse,
} from "../proto/gen/content.ts";
import type { Client } from "./client.ts";
import { blobSize, readBlob, wholeBlob } from "./content.ts";
import { clientOf } from "../tests/grpc/loopback.ts";
import { pathOf, unary } from "./grpc/call.ts";
import { Code, RpcError } from "./grpc/status.ts";

const { info, read } = ContentDefinition.methods;

function daemonWith(chunks: readonly string[]): Client {
  return clientOf({
    [pathOf(ContentDefinition, info)]: unary(info, ({ digest }) => {
      if (digest !== "sha256:a") throw new RpcError(Code.NOT_FOUND, "not found");
      const times = { createdAt: undefined, updatedAt: undefined };
      return { info: { digest, size: 6n, labels: {}, ...times } };
    }),
    [pathOf(ContentDefinition, read)]: async (call) => {
      let digest = "";
      await call.receive((bytes) => void ({ digest } = ReadContentRequest.decode(bytes.slice())));
      if (digest !== "sha256:a") throw new RpcError(Code.NOT_FOUND, "not found");
      for (const chunk of chunks) {
        const data = new TextEncoder().encode(chunk);
        call.send(ReadContentResponse.encode({ offset: 0n, data }).finish());
      }
    },
  });
}

Deno.test("blobSize() of a blob, and of none", async () => {
  assert.equal(await blobSize(daemonWith([]), "sha256:a"), 6);
  assert.equal(await blobSize(daemonWith([]), "sha256:b"), undefined);
});

Deno.test("a blob comes in pieces, or as a whole", async () => {
  const pieces: string[] = [];
  await readBlob(daemonWith(["abc", "def"]), "sha256:a", async (bytes) => {
    await Promise.resolve();
    pieces.push(new TextDecoder().decode(bytes));
  });
  assert.deepEqual(pieces, ["abc", "def"]);
  const whole = await wholeBlob(daemonWith(["abc", "", "def"]), "sha256:a");
  assert.equal(new TextDecoder().decode(whole), "abcdef");
  assert.equal((await wholeBlob(daemonWith([]), "sha256:a")).length, 0);
  await assert.rejects(wholeBlob(daemonWith([]), "sha256:b"), { code: Code.NOT_FOUND });
});
