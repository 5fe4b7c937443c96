import { equal, match } from "node:assert/strict";
import { viewers } from "./viewers.ts";

const decoder = new TextDecoder();

Deno.test("a page gets changes, but not more often than it can show them", async () => {
  const pages = viewers(1);
  let change = () => {};
  const response = pages.stream((listener) => {
    change = listener;
    return () => {};
  }, 20);
  equal(response.headers.get("content-type"), "text/event-stream");
  const reader = response.body!.getReader();
  const read = async () => decoder.decode((await reader.read()).value);
  match(await read(), /^:/);
  for (let i = 0; i < 5; i++) change();
  match(await read(), /^data: changed\n\n$/);
  // The changes meanwhile make one more event.
  match(await read(), /^data: changed\n\n$/);
  await reader.cancel();
  await pages.gone;
  pages.end();
});

Deno.test("the pages are gone when the last one has closed, and not before", async () => {
  const pages = viewers(1);
  let gone = false;
  void pages.gone.then(() => gone = true);
  const [a, b] = [pages.stream(() => () => {}, 1), pages.stream(() => () => {}, 1)];
  await a.body!.cancel();
  await new Promise((done) => setTimeout(done, 20));
  equal(gone, false);
  await b.body!.cancel();
  await pages.gone;
});

Deno.test("all streams end with the command, and their number is limited", async () => {
  const pages = viewers(1);
  const streams = Array.from({ length: 101 }, () => pages.stream(() => () => {}, 1));
  equal(streams.at(-1)!.status, 503);
  pages.end();
  for (const stream of streams) await stream.text();
});
