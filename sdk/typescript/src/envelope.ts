// What a worker publishes: one type for each of the contract's envelopes. What
// a field is, wire.ts says; which type has it, this file.

import type { OutboundFields as Fields } from "./wire.js";

type Needs<Type extends Fields["type"], Names extends keyof Fields = never> = { type: Type } & {
  [Name in Names]-?: NonNullable<Fields[Name]>;
};
type May<Names extends keyof Fields> = Pick<Fields, Names>;

/** What every envelope may have. Times are unix seconds, on Redis' clock. */
type Any = May<
  | "requires"
  | "platform"
  | "on_conflict"
  | "on_unknown"
  | "not_before"
  | "expires_at"
  | "receipt_to"
  | "trace_id"
  | "traceparent"
  | "native"
  | "message_key"
>;
type Answering = Any & May<"thread_id" | "format" | "reply_to" | "silent" | "mentions" | "interaction_id" | "ephemeral" | "view">;
type Targeted = Any & May<"thread_id" | "message_id" | "target_key">;

/** Has one at least of text, attachments, view and native. */
export type MessageEnvelope = Needs<"message", "channel_id"> & Answering & May<"text" | "attachments">;
/** Has one of data, url and blob. */
export type FileEnvelope = Needs<"file", "channel_id"> & Answering & May<"filename" | "mimetype" | "size" | "data" | "url" | "blob" | "caption">;
export type ButtonsEnvelope = Needs<"buttons", "channel_id" | "view"> & Answering & May<"text">;
/** Has a message_id or a target_key; and a text or a view. */
export type EditEnvelope = Needs<"edit", "channel_id"> & Targeted & May<"text" | "format" | "view">;
/** Has a message_id or a target_key. */
export type DeleteEnvelope = Needs<"delete", "channel_id"> & Targeted;
/** Has a message_id or a target_key. */
export type ReactionEnvelope = Needs<"reaction", "channel_id" | "emoji"> & Targeted & May<"remove">;
/** `ttl` is in seconds, at most 120. */
export type TypingEnvelope = Needs<"typing", "channel_id"> & Any & May<"thread_id" | "active" | "ttl">;
export type PresenceEnvelope = Needs<"presence", "status"> & Any & May<"activity">;
/** One snapshot of a message that grows: `text` is all of it so far. */
export type StreamEnvelope = Needs<"stream", "channel_id" | "stream_id" | "seq"> & Any & May<"thread_id" | "text" | "final" | "format" | "reply_to" | "view">;
/** `Client.call` builds it, and waits for the reply. */
export type RpcEnvelope = Needs<"rpc", "request_id" | "method" | "reply_queue"> & Any & May<"params" | "timeout_ms" | "deadline">;

export type Envelope =
  | MessageEnvelope
  | FileEnvelope
  | ButtonsEnvelope
  | EditEnvelope
  | DeleteEnvelope
  | ReactionEnvelope
  | TypingEnvelope
  | PresenceEnvelope
  | StreamEnvelope
  | RpcEnvelope;

export type View = NonNullable<Fields["view"]>;
export type Media = NonNullable<Fields["attachments"]>[number];
