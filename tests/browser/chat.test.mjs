/** The chat page in a real browser: two people, from joining to signing out, with a restart of the server in between. */

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";

import { startServer } from "./server.mjs";

const SCREENSHOTS = new URL("screenshots/", import.meta.url).pathname;
const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"].concat(
  ["--disable-background-networking", "--disable-component-update", "--disable-sync"],
);

/** @type {import("playwright-core").Browser} */
let browser;

before(async () => {
  await mkdir(SCREENSHOTS, { recursive: true });
  browser = await chromium.launch({ executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium", args: FLAGS });
});
after(() => browser.close());

/** Somebody's own browser window, in the room. */
async function join(server, name, context) {
  const window = context ?? (await browser.newContext());
  const page = await window.newPage();
  page.setDefaultTimeout(10_000);
  page.problems = [];
  page.on("pageerror", (error) => page.problems.push(error.message));
  await page.goto(server.url);
  await page.getByLabel("Your name").fill(name);
  await page.getByRole("button", { name: "Join" }).click();
  await page.locator("#state", { hasText: "connected" }).waitFor();
  await page.locator(`#participants li[data-id="${name}"]`).waitFor();
  return page;
}

const shot = (page, name) => page.screenshot({ path: `${SCREENSHOTS}${name}.png` });
const message = (page, text) => page.locator("#messages li", { hasText: text });

async function say(page, text) {
  await page.getByLabel("Message", { exact: true }).fill(text);
  await page.getByRole("button", { name: "Send" }).click();
}

test("two people chat, in the room and in private, ask who is there, and sign out", async () => {
  const server = await startServer();
  try {
    const ana = await join(server, "ana");
    const bob = await join(server, "bob");
    await ana.locator('#participants li[data-id="bob"]').waitFor();
    await message(ana, "bob joined").waitFor();

    await say(ana, "hello <b>everyone</b>");
    for (const page of [ana, bob]) await message(page, "hello <b>everyone</b>").waitFor();

    await bob.locator('#participants li[data-id="ana"] button').click();
    await bob.locator("#info-name", { hasText: "ana" }).waitFor();
    assert.equal(await bob.locator("#info-connections").textContent(), "1");
    await shot(bob, "info");
    await bob.getByRole("button", { name: "Write privately" }).click();
    await say(bob, "only for you");
    await message(ana, "only for you").waitFor();
    assert.match(await message(ana, "only for you").textContent(), /to you only/);
    await message(bob, "only for you").waitFor();
    await bob.locator("#recipient").click();
    await say(bob, "and for everyone again");
    await message(ana, "and for everyone again").waitFor();
    await shot(ana, "room");

    await bob.getByRole("button", { name: "Sign out" }).click();
    await bob.getByText("You have signed out.").waitFor();
    await message(ana, "bob left").waitFor();
    assert.equal(await ana.locator("#count").textContent(), "1");
    await shot(bob, "door");
    for (const page of [ana, bob]) assert.deepEqual(page.problems, []);
  } finally {
    assert.equal(await server.stop(), 0, server.log());
  }
});

test("what is being written to one who leaves is not sent to everyone", async () => {
  const server = await startServer();
  try {
    const [ana, bob, cid] = [await join(server, "ana"), await join(server, "bob"), await join(server, "cid")];
    await ana.locator('#participants li[data-id="bob"] button').click();
    await ana.getByRole("button", { name: "Write privately" }).click();
    await ana.getByLabel("Message", { exact: true }).fill("a secret for bob");
    await bob.getByRole("button", { name: "Sign out" }).click();
    await message(ana, "bob left").waitFor();
    await ana.getByRole("button", { name: "Send" }).click();
    await message(ana, "bob is not here any more").waitFor();
    assert.equal(await ana.locator("#recipient").isVisible(), true, "it is still to bob");
    await ana.locator("#recipient").click();
    await say(ana, "for everyone");
    await message(cid, "for everyone").waitFor();
    assert.equal(await message(cid, "a secret for bob").count(), 0);
  } finally {
    await server.stop();
  }
});

test("equal names are one participant with several connections", async () => {
  const server = await startServer();
  try {
    const ana = await join(server, "ana");
    const first = await join(server, "bob");
    const second = await join(server, "bob");
    await ana.locator('#participants li[data-id="bob"] button').click();
    await ana.locator("#info-connections", { hasText: "2" }).waitFor();
    await ana.getByRole("button", { name: "Write privately" }).click();
    await say(ana, "to both windows");
    for (const page of [first, second]) await message(page, "to both windows").waitFor();

    await first.getByRole("button", { name: "Sign out" }).click();
    await first.getByText("You have signed out.").waitFor();
    await say(ana, "still there?");
    await message(second, "still there?").waitFor();
    assert.equal(await message(ana, "bob left").count(), 0);
  } finally {
    await server.stop();
  }
});

test("a reload is no leave, and shows what was said", async () => {
  const server = await startServer();
  try {
    const ana = await join(server, "ana");
    const bob = await join(server, "bob");
    const carl = await join(server, "carl");
    await say(ana, "said before");
    await message(bob, "said before").waitFor();
    await bob.reload();
    await message(bob, "said before").waitFor();
    await say(bob, "I am still here");
    await message(ana, "I am still here").waitFor();

    // Who comes later is shown the same, in the same order, and each message once.
    const dora = await join(server, "dora");
    await say(dora, "hello");
    for (const page of [ana, bob, dora]) {
      await message(page, "hello").waitFor();
      const texts = await page.locator("#messages li .body p").allTextContents();
      assert.deepEqual(texts, ["said before", "I am still here", "hello"]);
    }

    // Leaves are told in their order, so that his would have been told by now.
    await carl.getByRole("button", { name: "Sign out" }).click();
    await message(ana, "carl left").waitFor();
    assert.equal(await message(ana, "bob left").count(), 0);
    assert.equal(await message(ana, "bob joined").count(), 1);
    for (const page of [ana, bob, carl, dora]) assert.deepEqual(page.problems, []);
  } finally {
    await server.stop();
  }
});

test("the page comes back by itself after the server has restarted", async () => {
  let server = await startServer();
  try {
    const ana = await join(server, "ana");
    const bob = await join(server, "bob");
    await server.stop();
    await message(ana, "the server is restarting").waitFor();
    await ana.locator("#state", { hasText: "reconnecting" }).waitFor();
    await shot(ana, "reconnecting");

    server = await startServer(server.address);
    for (const page of [ana, bob]) {
      await page.locator("#state", { hasText: "connected" }).waitFor({ timeout: 30_000 });
    }
    await ana.locator('#participants li[data-id="bob"]').waitFor();
    await say(ana, "we are back");
    await message(bob, "we are back").waitFor();
    for (const page of [ana, bob]) assert.deepEqual(page.problems, []);
  } finally {
    await server.stop();
  }
});

test("who comes or leaves while the list of participants is on its way is shown as it is now", async () => {
  const server = await startServer();
  try {
    const page = await (await browser.newContext()).newPage();
    await page.routeWebSocket(/\/ws\?/, (socket) => {
      const answers = [
        { welcome: { connection: "c-1-2", contract: "same", ping: 25_000, max: 65_536 } },
        { event: "participants.connected", data: { id: "bob" } },
        { event: "participants.disconnected", data: { id: "eve" } },
        { event: "app.connected", data: { id: "ana", participants: ["ana", "eve"] } },
        { ready: {} },
      ];
      socket.onMessage((text) => {
        if ("hello" in JSON.parse(String(text))) for (const answer of answers) socket.send(JSON.stringify(answer));
      });
    });
    await page.goto(server.url);
    await page.getByLabel("Your name").fill("ana");
    await page.getByRole("button", { name: "Join" }).click();
    await page.locator("#state", { hasText: "connected" }).waitFor();
    const shown = await page.locator("#participants li").evaluateAll((items) => items.map((item) => item.dataset.id));
    assert.deepEqual(shown.sort(), ["ana", "bob"]);
  } finally {
    await server.stop();
  }
});

test("a small window shows the room, too", async () => {
  const server = await startServer();
  try {
    const context = await browser.newContext({ viewport: { width: 390, height: 740 }, colorScheme: "dark" });
    const page = await join(server, "a name with thirty-two characters".slice(0, 32), context);
    await say(page, "one very-long-word-that-does-not-fit-into-the-window-of-a-telephone-and-must-be-broken-somewhere");
    await message(page, "very-long-word").waitFor();
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= 390, `the page is ${width} pixels wide`);
    await shot(page, "small");
  } finally {
    await server.stop();
  }
});
