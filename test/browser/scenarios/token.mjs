// A chat with a token: asked for, refused if wrong, and taken from the address,
// where it does not stay.

import assert from "node:assert/strict";
import { accessible } from "../stage/axe.mjs";

export default async function (stage) {
  const page = await stage.open({ ready: false });
  const ask = page.getByRole("dialog");
  await ask.getByLabel("Access token").fill("a guess");
  await accessible(page, "the question for a token");
  await ask.getByRole("button", { name: "Enter" }).click();
  await ask.getByLabel("Access token").fill("open sesame");
  await ask.getByRole("button", { name: "Enter" }).click();
  await stage.ready(page);
  await stage.say(page, "in");
  await stage.event({ event: "message", content: "in" });
  await page.reload();
  await stage.ready(page);
  assert.equal(await ask.count(), 0, "a session is asked for its token again");

  const invited = await stage.open({ path: `/${stage.room}#token=open%20sesame` });
  await stage.message(invited, "in").waitFor();
  assert.equal(new URL(invited.url()).hash, "");
}
