/** A stranger's page in a real browser, which tries to talk to the chat in the name of who looks at it. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";
import { chromium } from "playwright-core";

import { startServer } from "./server.mjs";

const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"].concat(
  ["--disable-background-networking", "--disable-component-update", "--disable-sync"],
);

/** How an attempt of this page to connect ends. */
const attempt = (page, url) =>
  page.evaluate(
    (url) =>
      new Promise((resolve) => {
        const socket = new WebSocket(url);
        socket.onopen = () => resolve("open");
        socket.onclose = ({ code }) => resolve(code);
      }),
    url,
  );

test("a page of another origin cannot connect, and the server's own can", async () => {
  const stranger = createServer((_, response) => response.setHeader("Content-Type", "text/html").end("<h1>Look</h1>"));
  await once(stranger.listen(0, "127.0.0.1"), "listening");
  const server = await startServer();
  const browser = await chromium.launch({ executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium", args: FLAGS });
  try {
    const page = await browser.newPage();
    const socket = `ws://${server.address}/ws?name=mallory`;
    await page.goto(`http://127.0.0.1:${stranger.address().port}/`);
    assert.equal(await attempt(page, socket), 1006);
    await page.goto("data:text/html,<h1>Look</h1>");
    assert.equal(await attempt(page, socket), 1006);
    await page.goto(server.url);
    assert.equal(await attempt(page, socket), "open");
  } finally {
    await browser.close();
    await server.stop();
    stranger.close();
  }
});
