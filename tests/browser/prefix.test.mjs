/** The chat below a path, behind a proxy that takes the path off. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, request } from "node:http";
import { test } from "node:test";
import { chromium } from "playwright-core";

import { startServer } from "./server.mjs";

const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"].concat(
  ["--disable-background-networking", "--disable-component-update", "--disable-sync"],
);
const PREFIX = "/some/chat";

/** A proxy in front of a server. Every path but those below the prefix is not found. */
async function startProxy(server) {
  const forward = (asked, answer) => {
    if (!asked.url.startsWith(`${PREFIX}/`)) return answer(undefined);
    const path = asked.url.slice(PREFIX.length);
    const passed = request(new URL(path, server.url), { method: asked.method, headers: asked.headers });
    passed.on("response", (response) => answer(response)).on("upgrade", answer);
    asked.pipe(passed);
  };
  const proxy = createServer((asked, answered) =>
    forward(asked, (response) => {
      answered.writeHead(response?.statusCode ?? 404, response?.headers);
      if (response === undefined) answered.end();
      else response.pipe(answered);
    }),
  );
  proxy.on("upgrade", (asked, near) =>
    forward(asked, (response, far) => {
      if (far === undefined) return near.end("HTTP/1.1 404 Not Found\r\n\r\n");
      const headers = Object.entries(response.headers).map(([name, value]) => `${name}: ${value}\r\n`);
      near.write(`HTTP/1.1 101 Switching Protocols\r\n${headers.join("")}\r\n`);
      for (const [one, other] of [[near, far], [far, near]]) one.on("error", () => {}).on("close", () => other.destroy()).pipe(other);
    }),
  );
  await once(proxy.listen(0, "127.0.0.1"), "listening");
  return proxy;
}

test("the page finds its server below a path", async () => {
  const server = await startServer();
  const proxy = await startProxy(server);
  const browser = await chromium.launch({ executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium", args: FLAGS });
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(10_000);
    await page.goto(`http://127.0.0.1:${proxy.address().port}${PREFIX}/`);
    await page.getByLabel("Your name").fill("ana");
    await page.getByRole("button", { name: "Join" }).click();
    await page.locator('#participants li[data-id="ana"]').waitFor();
    assert.equal(await page.locator("#state").textContent(), "connected");
  } finally {
    await browser.close();
    proxy.closeAllConnections();
    proxy.close();
    await server.stop();
  }
});
