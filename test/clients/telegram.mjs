// grammy, a client that nobody here wrote, uses the fake Bot API as it would
// the real one. Each step throws if the answer is not what grammy's users rely
// on.
import assert from "node:assert/strict";
import { Bot, GrammyError, InlineKeyboard, InputFile } from "grammy";

const [apiRoot, token] = process.argv.slice(2);
const bot = new Bot(token, { client: { apiRoot } });
const chat = 1000;
const step = async (name, run) => {
  await run();
  console.log(`ok ${name}`);
};
const refused = async (promise, code, text) => {
  const error = await promise.then(() => assert.fail("it was not refused"), (e) => e);
  assert.ok(error instanceof GrammyError, String(error));
  assert.equal(error.error_code, code);
  assert.match(error.description, text);
  return error;
};

await step("login", async () => {
  await bot.init();
  assert.equal(bot.botInfo.username, "postern_bot");
  await refused(new Bot("123456:another-token", { client: { apiRoot } }).api.getMe(), 401, /Unauthorized/);
});

let sent;
await step("send", async () => {
  sent = await bot.api.sendMessage(chat, "hello 😀 you", { entities: [{ type: "bold", offset: 0, length: 5 }] });
  assert.equal(sent.text, "hello 😀 you");
  assert.equal(sent.chat.id, chat);
  assert.equal(sent.entities[0].type, "bold");
  await refused(bot.api.sendMessage(chat, "x".repeat(4097)), 400, /message is too long/);
  await refused(bot.api.sendMessage(5, "x"), 400, /chat not found/);
  const reply = await bot.api.sendMessage(chat, "re", { reply_parameters: { message_id: sent.message_id } });
  assert.equal(reply.reply_to_message.message_id, sent.message_id);
});

await step("edit", async () => {
  const edited = await bot.api.editMessageText(chat, sent.message_id, "changed");
  assert.equal(edited.text, "changed");
  await refused(bot.api.editMessageText(chat, sent.message_id, "changed"), 400, /message is not modified/);
});

await step("react", async () => {
  assert.equal(await bot.api.setMessageReaction(chat, sent.message_id, [{ type: "emoji", emoji: "👍" }]), true);
  await refused(bot.api.setMessageReaction(chat, sent.message_id, [{ type: "emoji", emoji: "🛸" }]), 400, /REACTION_INVALID/);
});

await step("file", async () => {
  const m = await bot.api.sendDocument(chat, new InputFile(Buffer.from("a plan"), "plan.txt"), { caption: "look" });
  assert.equal(m.document.file_name, "plan.txt");
  assert.equal(m.caption, "look");
  const file = await bot.api.getFile(m.document.file_id);
  const answer = await fetch(`${apiRoot}/file/bot${token}/${file.file_path}`);
  assert.equal(await answer.text(), "a plan");
  const again = await bot.api.sendDocument(chat, m.document.file_id);
  assert.equal(again.document.file_id, m.document.file_id);
});

let buttons;
await step("buttons", async () => {
  buttons = await bot.api.sendMessage(chat, "choose", { reply_markup: new InlineKeyboard().text("Yes", "yes").url("Docs", "https://x.example") });
  assert.equal(buttons.reply_markup.inline_keyboard[0][0].callback_data, "yes");
});

await step("delete", async () => {
  assert.equal(await bot.api.deleteMessage(chat, sent.message_id), true);
  await refused(bot.api.deleteMessage(chat, sent.message_id), 400, /message to delete not found/);
});

await step("commands and chat", async () => {
  assert.equal(await bot.api.setMyCommands([{ command: "start", description: "Begin" }]), true);
  assert.equal((await bot.api.getChat(chat)).first_name, "Ann");
});

await step("flood", async () => {
  console.log("please limit");
  await new Promise((resolve) => process.stdin.once("data", resolve));
  const error = await refused(bot.api.sendMessage(chat, "too much"), 429, /retry after/);
  assert.equal(error.parameters.retry_after, 7);
});

// The loop that grammy's bots live in: a message, a command and a press come,
// in order, and are confirmed; a bot that starts again gets what came since.
const seen = [];
const take = (on) => {
  on.on("message:text", (c) => seen.push(c.message.text));
  on.on("callback_query:data", async (c) => {
    seen.push(c.callbackQuery.data);
    await c.answerCallbackQuery();
  });
};
const until = async (n) => {
  for (let i = 0; seen.length < n; i++) {
    assert.ok(i < 500, `only ${seen}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};
await step("updates", async () => {
  take(bot);
  const running = bot.start();
  console.log(`please talk about ${buttons.message_id}`);
  await until(2);
  await bot.stop();
  await running;
  assert.deepEqual(seen, ["hello bot", "yes"]);
});

await step("resume", async () => {
  console.log("please talk again");
  const next = new Bot(token, { client: { apiRoot } });
  take(next);
  const running = next.start();
  await until(3);
  await next.stop();
  await running;
  assert.deepEqual(seen, ["hello bot", "yes", "are you back?"]);
});
process.exit(0);
