// What a room's log shows, as a list of rows, from records in their order. Pure:
// the same records give the same rows, and a row's key never changes, so that
// the page touches only what is different.

const groupWithin = 5 * 60; // seconds of silence that begin a new group

/**
 * Rows: {kind: "day", key, at} · {kind: "new", key} · {kind: "thread", key,
 * thread, count, last} · {kind: "message", key, record, head, replies?}.
 * head: the message begins a group, and shows who speaks. replies: {count,
 * last} of the thread that is named after the message.
 *
 * options: thread (show this one only), unreadFrom (a place; above it is new),
 * me (the visitor's id: one's own messages are never new).
 */
export function timeline(records, { thread = null, unreadFrom = null, me = null } = {}) {
  const threads = thread == null ? threadsOf(records) : new Map();
  const roots = new Set(records.filter((record) => record.thread == null).map((record) => record.id));
  const rows = [];
  let previous = null;
  let day = null;
  let marked = unreadFrom == null;
  const announced = new Set();

  for (const record of records) {
    const inThread = record.thread ?? null;
    let row;
    if (thread == null && inThread != null) {
      // A thread that is named after a message here hangs on that message.
      if (roots.has(inThread) || announced.has(inThread)) continue;
      announced.add(inThread);
      row = { kind: "thread", key: `thread:${inThread}`, thread: inThread, ...threads.get(inThread) };
    } else if (thread != null && inThread !== thread && record.id !== thread) {
      continue;
    } else {
      row = { kind: "message", key: record.id, record, replies: threads.get(record.id) };
    }

    const today = dayOf(record.at);
    if (today !== day) {
      rows.push({ kind: "day", key: `day:${today}`, at: record.at });
      day = today;
      previous = null;
    }
    if (!marked && record.place > unreadFrom && record.from?.id !== me) {
      rows.push({ kind: "new", key: "new" });
      marked = true;
      previous = null;
    }
    if (row.kind === "message") row.head = !follows(record, previous);
    rows.push(row);
    previous = row.kind === "message" ? record : null;
  }
  return rows;
}

function threadsOf(records) {
  const threads = new Map();
  for (const record of records) {
    if (record.thread == null || record.deleted) continue;
    const known = threads.get(record.thread) ?? { count: 0, from: [] };
    known.count++;
    known.last = record;
    if (record.from && !known.from.some((who) => who.id === record.from.id)) known.from.push(record.from);
    threads.set(record.thread, known);
  }
  return threads;
}

function follows(record, previous) {
  return previous != null && previous.from?.id === record.from?.id && previous.from?.name === record.from?.name &&
    record.at - previous.at < groupWithin && record.reply_to == null && !previous.deleted;
}

function dayOf(at) {
  const date = new Date(at * 1000);
  return `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`;
}
