import { equal, match, notEqual, ok } from "node:assert/strict";
import { startPages } from "./serve_pages.ts";

/** The first line of the answer to raw bytes, and what comes after its headers. */
async function answer(url: string, path: string, host: string): Promise<[string, string]> {
  const { hostname, port } = new URL(url);
  using conn = await Deno.connect({
    hostname: hostname.replace(/[\[\]]/g, ""),
    port: Number(port),
  });
  const request = `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
  await conn.write(new TextEncoder().encode(request));
  const text = await new Response(conn.readable).text();
  return [text.split("\r\n")[0]!, text.split("\r\n\r\n").slice(1).join("")];
}

Deno.test("a page is served to anybody who knows its address, under this machine's own name", async () => {
  await using served = startPages({ "": "<p>one" }, "127.0.0.1:0");
  await using another = startPages({ "": "<p>one" }, "127.0.0.1:0");
  const { pathname, host, port } = new URL(served.url);
  match(pathname, /^\/[0-9a-f]{32}\/$/);
  notEqual(pathname, new URL(another.url).pathname);
  equal(await (await fetch(served.url)).text(), "<p>one");
  for (const name of [host, `localhost:${port}`]) {
    equal((await answer(served.url, pathname, name))[1], "<p>one");
  }
});

Deno.test("other requests get no page, and an invalid request prints nothing", async () => {
  await using served = startPages({ "": "<p>one" }, "127.0.0.1:0");
  const { pathname, host, port } = new URL(served.url);
  const requests = [
    [`evil.example:${port}`, pathname],
    ["evil.example", pathname],
    ["", pathname],
    ["[", pathname],
    ["[::1", pathname],
    ["a b", pathname],
    [`${host}@evil.example`, pathname],
    [host, "/"],
    [host, "/1"],
    [host, `${pathname}../1`],
    [host, pathname.slice(0, -2)],
    [host, "http://["],
    [host, "//["],
  ] as const;
  for (const [name, path] of requests) {
    const [status, body] = await answer(served.url, path, name);
    ok(!body.includes("<p>one"), `${name} ${path}: ${status}`);
    match(status, /^(?:HTTP\/1\.1 40[04] |$)/, `${name} ${path}`);
  }
  equal(await (await fetch(served.url)).text(), "<p>one");
});

Deno.test("each page has its own path; an address that the user chose may have any name", async () => {
  await using served = startPages({ "": "<p>one", "b": "<p>two" }, "0.0.0.0:0");
  const { port, pathname } = new URL(served.url);
  const url = `http://127.0.0.1:${port}${pathname}`;
  equal(await (await fetch(`${url}b`)).text(), "<p>two");
  equal((await answer(url, `${pathname}b`, "build.example"))[1], "<p>two");
});

Deno.test("a page of another site gets nothing, and can't frame a page of ours", async () => {
  await using served = startPages({ "": "<p>one" }, "127.0.0.1:0");
  const { origin } = new URL(served.url);
  const statusFor = async (headers: Record<string, string>, method = "GET") => {
    const answer = await fetch(served.url, { headers, method });
    await answer.body?.cancel();
    return answer.status;
  };
  const navigation = { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };
  equal(await statusFor({ origin }), 200);
  equal(await statusFor({ "sec-fetch-site": "same-origin" }), 200);
  equal(await statusFor({ "sec-fetch-site": "cross-site", ...navigation }), 200);
  equal(await statusFor({ origin: "https://evil.example" }), 403);
  equal(await statusFor({ origin: "null" }), 403);
  equal(await statusFor({ "sec-fetch-site": "cross-site" }), 403);
  equal(
    await statusFor({ "sec-fetch-site": "cross-site", ...navigation, "sec-fetch-dest": "iframe" }),
    403,
  );
  equal(await statusFor({ "sec-fetch-site": "same-site" }), 403);
  equal(await statusFor({}, "POST"), 405);
  const { headers, body } = await fetch(served.url);
  await body?.cancel();
  match(headers.get("content-security-policy")!, /default-src 'none'.*frame-ancestors 'none'/);
  equal(headers.get("x-frame-options"), "DENY");
  equal(headers.get("referrer-policy"), "no-referrer");
});
