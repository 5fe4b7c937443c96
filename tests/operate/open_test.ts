/** `history open`: pages of the builds of a real daemon, served to this machine. */
import assert from "node:assert/strict";
import { withPage } from "../harness/chromium.ts";
import { gates } from "../harness/gates.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";
import { operate, tools } from "./daemon.ts";
import { open, page, pageWith } from "./opened_pages.ts";
import { succeeds } from "../harness/ended.ts";

const ignore = skip(needsRoot() ?? await missing(...tools, "chromium"));

Deno.test({ name: "history open shows builds, also while they run", ignore }, async (t) => {
  await using daemon = await operate();
  const { space } = daemon;
  assert.ok(await daemon.build("fine", "-t", "example.com/app:1", "-o", "type=oci,dest=o.tar"));
  assert.ok(!await daemon.build("bad"));
  await using opened = await open(space);
  const { url } = opened;
  const links = (html: string) =>
    [...html.matchAll(/<a href="(build\/[^"]+)">/g)].map((found) => `${url}${found[1]}`);

  await t.step("the list shows the builds, and why a build failed", async () => {
    const list = await pageWith(url, /<h1>2 builds<\/h1>/);
    assert.match(
      list,
      /class="state error">error<[^]*<p class="why" title="[^"]*">exit code: 3: \/busybox sh/,
    );
    assert.match(
      list,
      /class="state completed">completed<[^]*<p class="result">example.com\/app:1/,
    );
    const { headers, body } = await fetch(url);
    await body?.cancel();
    assert.match(headers.get("content-security-policy")!, /default-src 'none'.*'sha256-/);
  });

  await t.step("a build's page has its timeline, log, inputs and attachments", async () => {
    const [failed, fine] = links(await page(url));
    assert.match(await page(failed!), /<pre class="excerpt">Dockerfile:6\n/);
    const html = await page(fine!);
    assert.match(html, /<span class="line" title="Dockerfile:4">4<\/span>\[fine 1\/1\] RUN/);
    assert.match(html, /<h2>Inputs<\/h2>[^]*Target<\/th><td>fine</);
    assert.match(await page(`${fine}log`), /\[fine 1\/1\] RUN[^]*made\n/);
    const attachment = /href="(attachment\/[^"]+)"/.exec(
      html.slice(html.indexOf("slsa.dev/provenance")),
    )![1];
    const answer = await fetch(`${fine}${attachment}`);
    assert.ok("buildDefinition" in await answer.json());
    assert.equal(answer.headers.get("content-type"), "text/plain; charset=utf-8");
    const other = await fetch(`${fine}attachment/sha256:${"0".repeat(64)}`);
    assert.equal((await other.text(), other.status), 404);
    const comparison = /href="([^"]*compare\?[^"]+)"/.exec(await page(failed!))![1]!;
    const address = new URL(comparison.replaceAll("&amp;", "&"), failed);
    assert.match(await page(address.href), /Two builds compared[^]*\[bad 1\/1\] RUN/);
    const none = await fetch(`${url}compare?build=x&build=y`);
    assert.match(await none.text(), /Choose two builds/);
    assert.equal(none.status, 400);
  });

  await t.step("a build that runs appears at once, and its page follows it", async () => {
    const events = (await fetch(`${url}events`)).body!
      .pipeThrough(new TextDecoderStream()).getReader();
    const next = async () => {
      for (;;) {
        const { value = assert.fail("the stream has ended") } = await events.read();
        if (value.includes("data:")) return;
      }
    };
    await using gate = gates("held");
    const running = daemon.buildHeld(gate);
    await next();
    const [first] = links(await pageWith(url, /class="state running"/));
    await events.cancel();
    await pageWith(first!, /<b class="running">running<\/b>[^]*\d held</);
    const follow = (await fetch(`${first}events`)).body!.getReader();
    await follow.read();
    gate.open("held");
    assert.ok(await running);
    const ended = await pageWith(first!, /<b class="finished">finished<\/b>[^]*\d let go</);
    assert.match(ended, /<h2>Attachments<\/h2>[^]*provenance/);
    await follow.cancel();
  });

  await t.step("a browser follows the list and the build, and keeps what was typed", async () => {
    await withPage(url, async (page) => {
      await page.until("document.getElementById('following')?.textContent === 'live'");
      await using gate = gates("held");
      const running = daemon.buildHeld(gate);
      await page.until("document.querySelector('.state.running')");
      await page.value("document.querySelector('li[data-status=running] a').click()");
      await page.until(
        "document.querySelector('.facts .running') && document.querySelector('.step')",
      );
      await page.value(`(() => {
        const search = document.getElementById("search");
        search.focus();
        search.value = "let go";
        search.dispatchEvent(new Event("input", { bubbles: true }));
      })()`);
      gate.open("held");
      await page.until("document.querySelector('.facts .finished')");
      assert.deepEqual(
        await page.value(`[
          document.activeElement.id,
          document.activeElement.value,
          document.querySelectorAll("details.step:not([hidden])").length,
        ]`),
        ["search", "let go", 1],
      );
      assert.deepEqual(page.problems, []);
      assert.ok(await running);
    });
  });

  await t.step(
    "a request without the secret address or from another site gets no page",
    async () => {
      const { origin, pathname } = new URL(url);
      for (
        const [address, headers] of [
          [`${origin}/`, {}],
          [`${origin}${pathname.slice(0, -3)}/`, {}],
          [`${url}events`, { origin: "https://evil.example" }],
          [url, { "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors" }],
        ] as const
      ) {
        const answer = await fetch(address, { headers });
        assert.ok(!(await answer.text()).includes("build"), address);
        assert.ok(answer.status === 404 || answer.status === 403);
      }
    },
  );

  await t.step("with REF, the build's page comes first; Ctrl-C ends open streams", async () => {
    let stream: Promise<string>;
    {
      await using one = await open(space, "--addr", "127.0.0.1:0", "^2");
      assert.match(one.url, /\/build\/test\/test0\/\w{25}\/$/);
      assert.match(await page(one.url), /<b class="failed">failed<\/b>/);
      stream = (await fetch(`${one.url}events`)).text();
    }
    assert.match(await stream, /^: hello\n/);
  });

  await t.step("an address that is in use and an unknown REF are reported", async () => {
    const nowhere = await space.fairlead(["history", "open", "--addr", "nowhere"]);
    assert.match(nowhere.stderr, /cannot take the address "nowhere"/);
    const none = await space.fairlead(["history", "open", "--addr", "127.0.0.1:0", "nope"]);
    assert.match(none.stderr, /no record found for ref "nope"/);
    assert.deepEqual([nowhere.code, none.code], [1, 1]);
  });

  await t.step("Docker Desktop is used where it is installed", async () => {
    space.write({
      ".docker/desktop/docker-desktop-build.sock": "",
      "bin/xdg-open": `#!/bin/sh\necho "$1" >${space.path("url")}\n`,
    });
    const PATH = `${space.path("bin")}:${Deno.env.get("PATH")}`;
    await succeeds(space.fairlead(["history", "open"], { PATH }));
    assert.match(
      space.read("url"),
      /^docker-desktop:\/\/dashboard\/build\/test\/test0\/\w{25}\n$/,
    );
  });
});

Deno.test({ name: "history ls names builds over BUILDKIT_HOST", ignore }, async () => {
  await using daemon = await operate();
  const { space, address } = daemon;
  const env = { BUILDKIT_HOST: address, BUILDX_BUILDER: "", BUILDX_CONFIG: space.path("empty") };
  const output = ["-o", "type=oci,dest=o.tar", "-t", "example.com/app:1"];
  await succeeds(space.fairlead(["build", ...output, "--target", "fine", "ctx"], env));
  const { stdout } = await space.fairlead(["history", "ls", "--format", "{{.Name}}"], env);
  assert.equal(stdout, "example.com/app:1 (fine)\n");
});
