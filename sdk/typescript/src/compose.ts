// Envelopes to an address, such as an event's.

import type {
  DeleteEnvelope,
  EditEnvelope,
  Media,
  MessageEnvelope,
  PresenceEnvelope,
  ReactionEnvelope,
  TypingEnvelope,
} from "./envelope.js";
import type { Event } from "./wire.js";

/** Where an answer goes: copy it into an envelope. */
export type Address = Event["address"];

export const compose = {
  /** A message of CommonMark. */
  text: (to: Address, text: string): MessageEnvelope => ({ type: "message", ...to, text }),

  /** A message with one medium: its data, its url or its blob. */
  file: (to: Address, file: Media, caption?: string): MessageEnvelope => ({
    type: "message",
    ...to,
    attachments: [file],
    ...(caption === undefined ? {} : { text: caption }),
  }),

  /**
   * Gives a message another text. For one that a worker sent itself, write an
   * envelope with its message_key as target_key.
   */
  edit: (to: Address, message_id: string, text: string): EditEnvelope => ({ type: "edit", ...to, message_id, text }),

  /** Deletes a message. */
  delete: (to: Address, message_id: string): DeleteEnvelope => ({ type: "delete", ...to, message_id }),

  /** Puts an emoji on a message. */
  react: (to: Address, message_id: string, emoji: string): ReactionEnvelope => ({ type: "reaction", ...to, message_id, emoji }),

  /** Shows that somebody types, until the next visible message or for ten seconds. */
  typing: (to: Address): TypingEnvelope => ({ type: "typing", ...to }),

  /** Shows a platform's users how the bot is, and what it does. */
  presence: (platform: string, status: PresenceEnvelope["status"], activity?: string): PresenceEnvelope => ({
    type: "presence",
    platform,
    status,
    ...(activity === undefined ? {} : { activity }),
  }),
};
