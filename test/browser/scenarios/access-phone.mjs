// axe-core finds nothing on a phone, in either theme: room, thread, rooms.

import { accessible } from "../stage/axe.mjs";
import { furnish } from "../stage/furnish.mjs";

export default async function (stage) {
  const thread = await furnish(stage, await stage.open());
  for (const dark of [false, true]) {
    const phone = await stage.open({ path: `/${stage.room}/${thread}`, width: 360, height: 740, phone: true, dark });
    await stage.message(phone, "Is jitter enough", ".panel").waitFor();
    await accessible(phone, "a thread on a phone");
    await stage.shot(phone, `phone-thread-${dark ? "dark" : "light"}`);
    await phone.getByRole("button", { name: "Close the thread" }).click();
    await accessible(phone, "a room on a phone");
    await phone.getByRole("button", { name: "Rooms" }).click();
    await accessible(phone, "the rooms on a phone");
    await stage.shot(phone, `phone-rooms-${dark ? "dark" : "light"}`);
  }
}
