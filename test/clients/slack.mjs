// Bolt, Slack's own framework, uses the fake Slack as it would the real one. Each
// step throws if the answer is not what Bolt's users rely on.
import assert from "node:assert/strict";
import bolt from "@slack/bolt";
import { WebClient, ErrorCode } from "@slack/web-api";

const [slackApiUrl, token, appToken] = process.argv.slice(2);
const channel = "C0CREW";
const logger = { debug() {}, info() {}, warn() {}, error() {}, setLevel() {}, getLevel: () => "error", setName() {} };
const client = new WebClient(token, { slackApiUrl, logger, retryConfig: { retries: 0 }, rejectRateLimitedCalls: true });
const step = async (name, run) => {
  await run();
  console.log(`ok ${name}`);
};
const refused = async (promise, name) => {
  const error = await promise.then(() => assert.fail("it was not refused"), (e) => e);
  assert.equal(error.code, ErrorCode.PlatformError, String(error));
  assert.equal(error.data.error, name);
};
const asked = async (line) => {
  console.log(line);
  await new Promise((resolve) => process.stdin.once("data", resolve));
};

await step("login", async () => {
  const me = await client.auth.test();
  assert.equal(me.user_id, "U0BOT");
  assert.equal(me.response_metadata.scopes.includes("chat:write"), true);
  await refused(new WebClient("xoxb-another", { slackApiUrl, logger, retryConfig: { retries: 0 } }).auth.test(), "invalid_auth");
});

let sent;
await step("send", async () => {
  sent = await client.chat.postMessage({
    channel, text: "hello 😀", metadata: { event_type: "test", event_payload: { key: "k1" } },
    blocks: [{ type: "rich_text", elements: [{ type: "rich_text_section", elements: [{ type: "text", text: "hello", style: { bold: true } }] }] }],
  });
  assert.equal(sent.channel, channel);
  assert.equal(sent.message.ts, sent.ts);
  assert.equal(sent.message.bot_profile.name, "Postern");
  const reply = await client.chat.postMessage({ channel, thread_ts: sent.ts, text: "re" });
  assert.equal(reply.message.thread_ts, sent.ts);
  await refused(client.chat.postMessage({ channel, text: "" }), "no_text");
  await refused(client.chat.postMessage({ channel: "C0NOWHERE", text: "x" }), "channel_not_found");
  await refused(client.chat.postMessage({ channel: "C0OTHER", text: "x" }), "not_in_channel");
  await refused(client.chat.postMessage({ channel, text: "x", blocks: [{ type: "rich_text", elements: [] }] }), "invalid_blocks");
  const long = "x".repeat(3000);
  const section = { type: "section", text: { type: "mrkdwn", text: long } };
  await refused(client.chat.postMessage({ channel, text: "x", blocks: [section, section, section, section, section] }), "msg_blocks_too_long");
});

await step("history", async () => {
  const page = await client.conversations.history({ channel, oldest: sent.ts, inclusive: true, include_all_metadata: true, limit: 10 });
  assert.equal(page.messages.length, 1);
  assert.equal(page.messages[0].metadata.event_payload.key, "k1");
  const plain = await client.conversations.history({ channel, limit: 10 });
  assert.equal(plain.messages[0].metadata, undefined);
  const thread = await client.conversations.replies({ channel, ts: sent.ts });
  assert.deepEqual(thread.messages.map((m) => m.text), ["hello 😀", "re"]);
});

await step("edit", async () => {
  const edited = await client.chat.update({ channel, ts: sent.ts, text: "changed" });
  assert.equal(edited.text, "changed");
  await refused(client.chat.update({ channel, ts: "1.000001", text: "x" }), "message_not_found");
  await refused(client.chat.update({ channel, ts: sent.ts, text: "x".repeat(4001) }), "msg_too_long");
});

await step("react", async () => {
  await client.reactions.add({ channel, timestamp: sent.ts, name: "thumbsup" });
  await refused(client.reactions.add({ channel, timestamp: sent.ts, name: "thumbsup" }), "already_reacted");
  await client.reactions.remove({ channel, timestamp: sent.ts, name: "thumbsup" });
  await refused(client.reactions.remove({ channel, timestamp: sent.ts, name: "thumbsup" }), "no_reaction");
});

await step("file", async () => {
  const shared = await client.filesUploadV2({ channel_id: channel, filename: "plan.txt", file: Buffer.from("a plan"), initial_comment: "look" });
  const id = shared.files[0].files[0].id;
  const { file } = await client.files.info({ file: id });
  const answer = await fetch(file.url_private_download, { headers: { Authorization: `Bearer ${token}` } });
  assert.equal(await answer.text(), "a plan");
  const { messages } = await client.conversations.history({ channel, limit: 1 });
  assert.equal(messages[0].files[0].name, "plan.txt");
  assert.equal(messages[0].ts, file.shares.public[channel][0].ts);
});

await step("people and channels", async () => {
  assert.equal((await client.users.info({ user: "U0ANN" })).user.profile.display_name, "Ann Lee");
  assert.equal((await client.conversations.info({ channel })).channel.name, "crew");
  assert.equal((await client.conversations.open({ users: "U0ANN" })).channel.id, "D0ANN");
  const all = [];
  for await (const page of client.paginate("conversations.members", { channel, limit: 1 })) all.push(...page.members);
  assert.deepEqual(all, ["U0BOT", "U0ANN", "U0BEN"]);
});

await step("delete", async () => {
  await client.chat.delete({ channel, ts: sent.ts });
  await refused(client.chat.delete({ channel, ts: sent.ts }), "message_not_found");
});

await step("flood", async () => {
  await asked("please limit");
  const error = await client.chat.postMessage({ channel, text: "too much" }).then(() => assert.fail("it was not refused"), (e) => e);
  assert.equal(error.code, ErrorCode.RateLimitedError, String(error));
  assert.equal(error.retryAfter, 7);
});

// The loop that Bolt's apps live in, over Socket Mode: a message, a mention, a
// press, a command and a modal come, each is acknowledged and answered; a
// connection that Slack ends is followed by another.
const seen = [];
const app = new bolt.App({ token, appToken, socketMode: true, logger, clientOptions: { slackApiUrl }, socketModeReceiverOptions: {} });
app.message(async ({ message }) => seen.push(`message ${message.text}`));
app.event("app_mention", async ({ event }) => seen.push(`mention ${event.text}`));
app.event("reaction_added", async ({ event }) => seen.push(`reaction ${event.reaction}`));
app.action("go", async ({ ack, action, respond }) => {
  await ack();
  await respond({ response_type: "ephemeral", text: "pressed" });
  seen.push(`press ${action.value}`);
});
app.command("/ask", async ({ ack, command, client: web }) => {
  await ack();
  await web.views.open({
    trigger_id: command.trigger_id,
    view: { type: "modal", callback_id: "order", title: { type: "plain_text", text: "Order" }, blocks: [{ type: "divider" }] },
  });
  seen.push(`command ${command.text}`);
});
app.view("order", async ({ ack, view }) => {
  await ack();
  seen.push(`submit ${view.state.values.b.what.value}`);
});
const until = async (n) => {
  for (let i = 0; seen.length < n; i++) {
    assert.ok(i < 2000, `only ${seen}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};

let buttons;
await step("events", async () => {
  buttons = await client.chat.postMessage({
    channel, text: "choose",
    blocks: [{ type: "actions", elements: [{ type: "button", action_id: "go", value: "yes", text: { type: "plain_text", text: "Yes" } }] }],
  });
  await app.start();
  await asked(`please talk about ${buttons.ts}`);
  await until(5);
  assert.deepEqual(seen.sort(), ["command why", "mention <@U0BOT> hello", "message <@U0BOT> hello", "press yes", "reaction wave"].sort());
});

await step("modal", async () => {
  await asked("please submit");
  await until(6);
  assert.equal(seen[5], "submit tea");
});

await step("refresh", async () => {
  await asked("please refresh");
  await until(7);
  assert.equal(seen[6], "message are you back?");
  await app.stop();
});
process.exit(0);
