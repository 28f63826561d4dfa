/** The page of the cluster demo: two nodes side by side, one room, and a Redis that is stopped in between. */

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";

import { startProgram } from "./server.mjs";

const SCREENSHOTS = new URL("screenshots/", import.meta.url).pathname;

/** @type {import("playwright-core").Browser} */
let browser;

before(async () => {
  await mkdir(SCREENSHOTS, { recursive: true });
  browser = await chromium.launch({
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    args: ["--headless", "--no-sandbox", "--disable-gpu"],
  });
});
after(() => browser.close());

/** Somebody comes in by the node of this number. */
async function join(page, node, name) {
  const frame = page.frameLocator(`iframe[title="Server ${node}"]`);
  await frame.getByLabel("Your name").fill(name);
  await frame.getByRole("button", { name: "Join" }).click();
  await frame.locator("#state", { hasText: "connected" }).waitFor();
  return frame;
}

const say = async (frame, text) => {
  await frame.locator("#text").fill(text);
  await frame.getByRole("button", { name: "Send" }).click();
};
const heard = (frame, text) => frame.locator("#messages li", { hasText: text });

test("two nodes are one room, and each goes on while Redis is away", async () => {
  const demo = await startProgram(process.env["CLUSTER_DEMO"]);
  try {
    const page = await browser.newPage({ viewport: { width: 1400, height: 700 } });
    page.setDefaultTimeout(15_000);
    const problems = [];
    page.on("console", (line) => line.type() === "error" && problems.push(line.text()));
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("requestfailed", (request) => problems.push(`${request.url()}: ${request.failure()?.errorText}`));
    await page.goto(demo.url);
    const ana = await join(page, 1, "ana");
    const bo = await join(page, 2, "bo");
    await ana.locator('#participants li[data-id="bo"]').waitFor();

    await say(ana, "hello from node 1");
    await say(bo, "hello from node 2");
    for (const frame of [ana, bo]) {
      await heard(frame, "hello from node 1").waitFor();
      await heard(frame, "hello from node 2").waitFor();
    }
    await page.screenshot({ path: `${SCREENSHOTS}cluster.png` });

    await page.getByRole("button", { name: "Stop Redis" }).click();
    await page.locator(".link.bad").nth(1).waitFor();
    await say(ana, "alone for now");
    await heard(ana, "alone for now").waitFor();
    assert.equal(await heard(bo, "alone for now").count(), 0);
    await page.screenshot({ path: `${SCREENSHOTS}cluster-away.png` });

    await page.getByRole("button", { name: "Start Redis" }).click();
    await heard(bo, "alone for now").waitFor();
    await say(bo, "together again");
    await heard(ana, "together again").waitFor();
    assert.equal(await heard(ana, "alone for now").count(), 1, "nothing comes twice");
    await page.locator(".link:not(.bad)").nth(1).waitFor();
    assert.deepEqual(problems, []);
  } finally {
    await demo.stop();
  }
});

test("a small window shows the whole door of both servers", async () => {
  const demo = await startProgram(process.env["CLUSTER_DEMO"]);
  try {
    const page = await browser.newPage({ viewport: { width: 390, height: 740 } });
    page.setDefaultTimeout(15_000);
    await page.goto(demo.url);
    for (const server of [1, 2]) {
      const frame = page.frameLocator(`iframe[title="Server ${server}"]`);
      await frame.getByRole("button", { name: "Join" }).waitFor();
      const hidden = await frame.locator("html").evaluate((html) => html.scrollHeight - html.clientHeight);
      assert.equal(hidden, 0, `${hidden} pixels of the door of server ${server} are out of sight`);
    }
    await page.screenshot({ path: `${SCREENSHOTS}cluster-small.png` });
  } finally {
    await demo.stop();
  }
});

test("it takes the Redis of the variable that the chat takes, and else that of REDIS_URL", async () => {
  const [here, there] = ["redis://127.0.0.1:1", "redis://127.0.0.1:2"];
  for (const [variables, refuses] of [
    [{ WS_REDIS_URL: here, REDIS_URL: there }, /127\.0\.0\.1:1\b/],
    [{ WS_REDIS_URL: "", REDIS_URL: there }, /127\.0\.0\.1:2\b/],
  ]) {
    // Nobody is there, which it says with the address.
    await assert.rejects(startProgram(process.env["CLUSTER_DEMO"], undefined, [], variables), refuses);
  }
});
