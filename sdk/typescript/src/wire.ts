// Written by scripts/generate.mjs from envelope/schema. Do not edit.

/** Every field that an envelope may have; envelope.ts says which type has which. */
export interface OutboundFields {
  type: "message" | "file" | "buttons" | "edit" | "delete" | "reaction" | "typing" | "presence" | "stream" | "rpc";
  requires?: readonly string[];
  platform?: string;
  channel_id?: string;
  thread_id?: string;
  message_key?: string;
  on_conflict?: "keep_first" | "dead";
  on_unknown?: "resend" | "park";
  not_before?: number;
  expires_at?: number;
  receipt_to?: string;
  trace_id?: string;
  traceparent?: string;
  text?: string;
  format?: "markdown" | "plain";
  reply_to?: string;
  silent?: boolean;
  mentions?: "none" | "listed" | "all";
  attachments?: readonly {
    filename?: string;
    mimetype?: string;
    size?: number;
    data?: Uint8Array;
    url?: string;
    blob?: string;
  }[];
  view?: readonly (readonly {
    label?: string;
    custom_id?: string;
    url?: string;
    emoji?: string;
    style?: string;
  }[])[] | readonly {
    label?: string;
    custom_id?: string;
    url?: string;
    emoji?: string;
    style?: string;
  }[];
  interaction_id?: string;
  ephemeral?: boolean;
  filename?: string;
  mimetype?: string;
  size?: number;
  data?: Uint8Array;
  url?: string;
  blob?: string;
  caption?: string;
  message_id?: string;
  target_key?: string;
  emoji?: string;
  remove?: boolean;
  active?: boolean;
  ttl?: number;
  status?: "online" | "idle" | "dnd" | "offline";
  activity?: string;
  stream_id?: string;
  seq?: number;
  final?: boolean;
  request_id?: string;
  method?: string;
  params?: Readonly<Record<string, unknown>>;
  reply_queue?: string;
  timeout_ms?: number;
  deadline?: number;
  native?: Readonly<Record<string, unknown>>;
}

/** What happened on a platform. Times are unix seconds; `event` says which of the optional fields there are. */
export interface Event {
  event: "message" | "edit" | "delete" | "reaction" | "button" | "command" | "member" | "status";
  platform: string;
  address: {
    platform: string;
    channel_id: string;
    thread_id?: string;
  };
  outbound_stream: string;
  channel_key: string;
  channel_id: string;
  thread_id?: string;
  room_name?: string;
  guild_id?: string;
  is_dm: boolean;
  user_id: string;
  username?: string;
  display_name?: string;
  is_bot: boolean;
  event_id: string;
  message_id?: string;
  timestamp: number;
  enqueued_at: number;
  trace_id: string;
  content?: string;
  mentions?: readonly {
    id: string;
    name?: string;
  }[];
  attachments?: readonly {
    filename?: string;
    mimetype?: string;
    size?: number;
    blob?: string;
    url?: string;
  }[];
  reply_to?: string;
  is_addressed?: boolean;
  raw?: Readonly<Record<string, unknown>>;
  emoji?: string;
  removed?: boolean;
  custom_id?: string;
  command?: string;
  arguments?: Readonly<Record<string, unknown>>;
  interaction_id?: string;
  member?: "joined" | "left";
  target_user?: string;
  state?: "connected" | "disconnected" | "auth_failed" | "paused" | "resumed";
}

/** How an envelope ended. `message_ids` has one id for each part, in order; `at` is unix seconds. */
export interface Receipt {
  message_key?: string;
  entry_id: string;
  status: "delivered" | "duplicate" | "superseded" | "expired" | "dead" | "parked";
  message_ids: readonly string[];
  possible_duplicate: boolean;
  attempts: number;
  warnings: readonly string[];
  error?: {
    code: "undecodable" | "invalid" | "unsupported" | "not_found" | "forbidden" | "auth" | "too_large" | "rate_limited" | "transient" | "unavailable" | "unknown" | "conflict" | "expired" | "target_failed" | "poison" | "timeout" | "tool_error" | "catalog_stale" | "interrupted" | "unknown_method" | "internal";
    message: string;
    field?: string;
    retry_after?: number;
  };
  at: number;
}

/** The answer to one RPC. */
export interface Reply {
  request_id: string;
  ok: boolean;
  result?: unknown;
  error?: {
    code: "undecodable" | "invalid" | "unsupported" | "not_found" | "forbidden" | "auth" | "too_large" | "rate_limited" | "transient" | "unavailable" | "unknown" | "conflict" | "expired" | "target_failed" | "poison" | "timeout" | "tool_error" | "catalog_stale" | "interrupted" | "unknown_method" | "internal";
    message: string;
    field?: string;
    retry_after?: number;
  };
}
