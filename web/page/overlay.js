// What the visitor sees at once, before the gateway has confirmed it: records
// with what waits in the outbox laid over them. Pure.

/** A record as it will be when the entries for it are done. */
export function overlay(record, entries, me) {
  let seen = record;
  for (const { frame, failed } of entries) {
    if (frame.message !== record.id || failed) continue;
    if (frame.t === "edit") seen = { ...seen, text: frame.text, body: plain(frame.text), waits: true };
    else if (frame.t === "delete") seen = { ...seen, waits: true };
    else if (frame.t === "react") seen = { ...seen, reactions: react(seen.reactions ?? [], frame, me) };
    else if (frame.t === "press") seen = { ...seen, pressing: frame.custom_id };
  }
  return seen;
}

/** A message that waits, as the record it will be. */
export function draftOf(entry, me) {
  const { frame, note = {} } = entry;
  return {
    id: `out:${entry.id}`, place: Infinity, v: 0, from: me, at: entry.at,
    thread: frame.thread, reply_to: note.reply_to,
    text: frame.text, body: plain(frame.text), files: note.files ?? [],
    entry: entry.id, waits: true, failed: entry.failed,
  };
}

/** Text as it was typed, mentions by their names. */
export function plain(text) {
  const lines = readable(text).split("\n");
  return [{ k: "p", c: lines.flatMap((s, n) => (n ? [{ k: "br" }, { k: "text", s }] : [{ k: "text", s }])) }];
}

/** A mention as people write it. */
export const readable = (text) => String(text ?? "").replace(/\[([^\][\n]+)\]\(mention:[^)\s]+\)/g, "@$1");

function react(reactions, { emoji, remove }, me) {
  const others = (by) => by.filter((who) => who.id !== me.id);
  const known = reactions.some((r) => r.emoji === emoji);
  const all = known ? reactions : [...reactions, { emoji, by: [] }];
  return all
    .map((r) => (r.emoji === emoji ? { ...r, by: remove ? others(r.by) : [...others(r.by), me] } : r))
    .filter((r) => r.by.length > 0);
}
