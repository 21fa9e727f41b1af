// axe-core finds nothing, in either theme, with a thread, a picker or a
// dialog open, and while the bot speaks.

import { accessible } from "../stage/axe.mjs";
import { furnish } from "../stage/furnish.mjs";

export default async function (stage) {
  const page = await stage.open();
  await accessible(page, "an empty room");
  const thread = await furnish(stage, page);

  for (const dark of [false, true]) {
    const theme = dark ? "dark" : "light";
    await page.emulateMedia({ colorScheme: theme });
    await accessible(page, `a room, ${theme}`);
    await stage.shot(page, `desktop-${theme}`);
    const answer = stage.message(page, "Only the wait");
    await answer.hover();
    await accessible(page, `a message under the pointer, ${theme}`);
    await answer.getByRole("button", { name: "React", exact: true }).click();
    await page.getByRole("option").first().waitFor();
    await accessible(page, `the emoji picker, ${theme}`);
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Your name and settings" }).click();
    await accessible(page, `the settings, ${theme}`);
    await page.keyboard.press("Escape");
  }

  await stage.publish({ type: "stream", stream_id: stage.room, seq: 1, text: "I am about to say" });
  await page.locator(".message.live").waitFor();
  await accessible(page, "a stream");
  await stage.publish({ type: "stream", stream_id: stage.room, seq: 2, text: "I am about to say nothing more.", final: true });

  const desk = await stage.open({ path: `/${stage.room}/${thread}`, dark: true });
  await stage.message(desk, "Is jitter enough", ".panel").waitFor();
  await accessible(desk, "a thread, dark");
}
