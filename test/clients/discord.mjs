// discord.js, a client that nobody here wrote, uses the fake Discord as it would
// the real one. Each step throws if the answer is not what its users rely on.
import assert from "node:assert/strict";
import {
  ActionRowBuilder, ButtonBuilder, ButtonStyle, Client, DiscordAPIError, Events, GatewayIntentBits, Options, Partials, REST, Routes,
} from "discord.js";

const [api, token] = process.argv.slice(2);
const [guildID, channelID, threadID, forumID, annDM] = ["200000000000000001", "300000000000000001", "300000000000000002", "300000000000000003", "300000000000000004"];
const step = async (name, run) => {
  await run();
  console.log(`ok ${name}`);
};
const refused = async (promise, status, code) => {
  const error = await promise.then(() => assert.fail("it was not refused"), (e) => e);
  assert.ok(error instanceof DiscordAPIError, String(error));
  assert.equal(error.status, status);
  assert.equal(error.code, code);
};
const soon = async (what, holds) => {
  for (let i = 0; !(await holds()); i++) {
    assert.ok(i < 1000, `waited for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};
const limits = [];
const client = new Client({
  rest: { api, rejectOnRateLimit: null },
  intents: [
    GatewayIntentBits.Guilds, GatewayIntentBits.GuildMembers, GatewayIntentBits.GuildMessages, GatewayIntentBits.GuildMessageReactions,
    GatewayIntentBits.DirectMessages, GatewayIntentBits.MessageContent,
  ],
  partials: [Partials.Channel, Partials.Message, Partials.Reaction, Partials.User],
  makeCache: Options.cacheEverything(),
});
client.rest.on("rateLimited", (about) => limits.push(about));
const seen = [];
client.on(Events.MessageCreate, (m) => m.author.id !== client.user.id && seen.push(m));
const resumed = [];
client.on(Events.ShardResume, (id, replayed) => resumed.push(replayed));

await step("login", async () => {
  const ready = new Promise((resolve) => client.once(Events.ClientReady, resolve));
  await client.login(token);
  await ready;
  assert.equal(client.user.username, "postern");
  assert.equal(client.guilds.cache.get(guildID).name, "Crew");
  const rest = new REST({ api }).setToken("AAAA.BBBB.CCCC");
  await refused(rest.get(Routes.user("@me")), 401, 0);
});

const channel = await client.channels.fetch(channelID);
let sent;
await step("send", async () => {
  sent = await channel.send({ content: "hello 😀 you", nonce: "key-1", enforceNonce: true });
  assert.equal(sent.content, "hello 😀 you");
  assert.equal(sent.nonce, "key-1");
  const again = await channel.send({ content: "hello 😀 you", nonce: "key-1", enforceNonce: true });
  assert.equal(again.id, sent.id);
  await refused(channel.send("x".repeat(2001)), 400, 50035);
  await channel.send("😀".repeat(2000)); // code points
  await refused(client.rest.post(Routes.channelMessages("5"), { body: { content: "x" } }), 404, 10003);
  const reply = await sent.reply("re");
  assert.equal(reply.reference.messageId, sent.id);
  const thread = await client.channels.fetch(threadID);
  assert.ok(thread.isThread());
  assert.equal((await thread.send("in a thread")).channelId, threadID);
});

await step("edit", async () => {
  const edited = await sent.edit("changed");
  assert.equal(edited.content, "changed");
  assert.ok(edited.editedAt);
});

await step("react", async () => {
  await sent.react("👍");
  await sent.reactions.cache.get("👍").users.remove(client.user.id);
  await refused(client.rest.put(Routes.channelMessageOwnReaction(channelID, sent.id, "smile")), 400, 10014);
});

await step("file", async () => {
  const m = await channel.send({ content: "look", files: [{ attachment: Buffer.from("a plan"), name: "plan.txt" }] });
  const file = m.attachments.first();
  assert.equal(file.name, "plan.txt");
  assert.equal(await (await fetch(file.url)).text(), "a plan");
});

await step("post", async () => {
  const forum = await client.channels.fetch(forumID);
  const thread = await forum.threads.create({ name: "Help me", message: { content: "a post" } });
  assert.equal((await thread.fetchStarterMessage()).content, "a post");
});

await step("receive", async () => {
  console.log("please talk");
  await soon("two messages", () => seen.length === 2);
  assert.equal(seen[0].content, "hello bot");
  assert.equal(seen[0].member.displayName, "Ann");
  assert.equal(seen[1].channel.isDMBased(), true);
  assert.equal(seen[1].channelId, annDM);
});

let buttons;
await step("buttons", async () => {
  const row = new ActionRowBuilder().addComponents(
    new ButtonBuilder().setCustomId("yes").setLabel("Yes").setStyle(ButtonStyle.Primary), new ButtonBuilder().setURL("https://x.example").setLabel("Docs").setStyle(ButtonStyle.Link),
  );
  buttons = await channel.send({ content: "choose", components: [row] });
  assert.equal(buttons.components[0].components[0].customId, "yes");
  const clicked = new Promise((resolve) => client.once(Events.InteractionCreate, resolve));
  console.log(`please click ${buttons.id}`);
  const click = await clicked;
  assert.ok(click.isButton());
  assert.equal(click.customId, "yes");
  const answer = await click.reply({ content: "you clicked", withResponse: true });
  assert.equal(answer.resource.message.content, "you clicked");
  const more = await click.followUp("and more");
  assert.equal(more.content, "and more");
  await refused(client.rest.post(Routes.interactionCallback(click.id, click.token), { body: { type: 6 }, auth: false }), 400, 40060);
});

await step("commands", async () => {
  await client.application.commands.set([{ name: "ask", description: "Ask me" }]);
  const typed = new Promise((resolve) => client.once(Events.InteractionCreate, resolve));
  console.log("please command");
  const command = await typed;
  assert.equal(command.commandName, "ask");
  assert.equal(command.options.getString("question"), "why?");
  await command.deferReply();
  const answer = await command.editReply("because");
  assert.equal(answer.content, "because");
});

await step("delete", async () => {
  await sent.delete();
  await refused(client.rest.delete(Routes.channelMessage(channelID, sent.id)), 404, 10008);
  await refused(channel.send({ content: "hello 😀 you", nonce: "key-1", enforceNonce: true }), 404, 10008); // it was there, and is gone
});

await step("history", async () => {
  const page = await channel.messages.fetch({ limit: 2 });
  assert.equal(page.size, 2);
  assert.ok(BigInt(page.firstKey()) > BigInt(page.lastKey()));
});

// discord.js keeps to what the headers tell: of eight messages at once, three
// wait until the bucket is whole again, and none is refused.
await step("limits", async () => {
  console.log("please limit");
  await new Promise((resolve) => process.stdin.once("data", resolve));
  limits.length = 0;
  const begin = Date.now();
  await Promise.all([...Array(8).keys()].map((n) => channel.send(`n${n}`)));
  assert.ok(Date.now() - begin > 1500, "it did not wait");
  assert.ok(limits.length > 0 && limits.every((l) => !l.global));
  console.log("please refuse");
  await new Promise((resolve) => process.stdin.once("data", resolve));
  const impatient = new REST({ api, rejectOnRateLimit: () => true }).setToken(token);
  const error = await impatient.post(Routes.channelTyping(annDM)).then(() => assert.fail("it was not refused"), (e) => e);
  assert.match(error.name, /RateLimitError/);
  assert.ok(error.retryAfter >= 7500 && error.retryAfter < 8500, `it is to wait ${error.retryAfter}`);
});

await step("resume", async () => {
  console.log("please cut");
  await soon("it to resume", () => resumed.length === 1);
  await soon("what was said meanwhile", () => seen.length === 3);
  assert.equal(seen[2].content, "are you back?");
  console.log("please reconnect");
  await soon("it to resume again", () => resumed.length === 2);
});

await client.destroy();
process.exit(0);
