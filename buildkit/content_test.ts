import assert from "node:assert/strict";
import {
  ContentDefinition,
  ReadContentRequest,
  ReadContentResponse,
} from "../proto/gen/content.ts";
import { Client } from "./client.ts";
import { blobSize, readBlob, wholeBlob } from "./content.ts";
import { loopback } from "./grpc/loopback_pair.ts";
import { pathOf, type Service, unary } from "./grpc/call.ts";
import { Code, RpcError } from "./grpc/status.ts";

const { info, read } = ContentDefinition.methods;

function clientOf(chunks: readonly string[]): Client {
  const service: Service = {
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
  };
  return new Client(loopback([service]).channel, { peer: "test" }, () => Promise.resolve());
}

Deno.test("blobSize() of a blob, and of none", async () => {
  assert.equal(await blobSize(clientOf([]), "sha256:a"), 6);
  assert.equal(await blobSize(clientOf([]), "sha256:b"), undefined);
});

Deno.test("a blob comes in pieces, or as a whole", async () => {
  const pieces: string[] = [];
  await readBlob(clientOf(["abc", "def"]), "sha256:a", async (bytes) => {
    await Promise.resolve();
    pieces.push(new TextDecoder().decode(bytes));
  });
  assert.deepEqual(pieces, ["abc", "def"]);
  const whole = await wholeBlob(clientOf(["abc", "", "def"]), "sha256:a");
  assert.equal(new TextDecoder().decode(whole), "abcdef");
  assert.equal((await wholeBlob(clientOf([]), "sha256:a")).length, 0);
  await assert.rejects(wholeBlob(clientOf([]), "sha256:b"), { code: Code.NOT_FOUND });
});
