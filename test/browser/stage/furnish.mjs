// A room with one of everything in it, for the tests that look at a whole page.

const table = "| region | before | after |\n|---|--:|--:|\n| eu-north-1 | 2,140 ms | 310 ms |\n| us-east-1 | 2,480 ms | 342 ms |\n| ap-south-1 | 2,790 ms | 401 ms |";
const code = "```go\nfunc delay(attempt int) time.Duration {\n\tmost := min(5*time.Second, 250*time.Millisecond<<attempt)\n\treturn most/2 + rand.N(most/2)\n}\n```";

/** Fills the room by worker and visitor. Resolves when all is shown. */
export async function furnish(stage, page) {
  await stage.say(page, "What changed in the retry loop?");
  const event = await stage.event({ event: "message", channel_id: stage.room });
  await stage.publish({ type: "message", text: `Only the wait: it is jittered now, so a thousand workers do not come back **at once**.\n\n${code}\n\n${table}`, reply_to: event.message_id, message_key: `answer-${stage.room}`, view: [[{ label: "Roll out", custom_id: "go", style: "primary" }, { label: "Show the diff", custom_id: "diff" }, { label: "Roll back", custom_id: "back", style: "danger" }, { label: "Fine", custom_id: "fine", style: "success" }]] });
  await stage.publish({ type: "reaction", target_key: `answer-${stage.room}`, emoji: "🎉" });
  await stage.publish({ type: "file", caption: "Last night's report", filename: "report-2026-11.pdf", mimetype: "application/pdf", data: Buffer.alloc(284_133).toString("base64") });
  await stage.publish({ type: "message", text: "## Before we ship\n\n- [x] Backups verified\n- [ ] Load test at twice the peak\n\n1. Drain one node\n2. Watch the [latency graph](https://example.com/graph)\n\n> Slow is smooth, smooth is fast.\n\nمرحبا، كيف الحال؟" });
  await stage.publish({ type: "message", thread_id: event.message_id, text: "Is jitter enough? It is, with a cap." });
  await stage.message(page, "Slow is smooth").waitFor();
  await stage.say(page, "Lovely, let us ship it 👍");
  await stage.event({ event: "message", channel_id: stage.room });
  await page.locator(".replies-link").waitFor();
  await page.locator(".reaction").waitFor();
  await stage.message(page, "Lovely").getByRole("img", { name: "Sent", exact: true }).waitFor();
  return event.message_id;
}
