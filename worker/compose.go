package worker

import "github.com/posternhq/postern/envelope"

// Text is a message of CommonMark to an address.
func Text(to envelope.Address, text string) envelope.Outbound {
	return addressed(to, envelope.Outbound{Type: envelope.TypeMessage, Text: text})
}

// File is a message with one medium: its data, its url or its blob.
func File(to envelope.Address, file envelope.Media, caption string) envelope.Outbound {
	return addressed(to, envelope.Outbound{Type: envelope.TypeMessage, Text: caption, Attachments: []envelope.Media{file}})
}

// Edit gives a message another text. Which message, its id says; for one that a
// worker sent itself, set TargetKey to its message_key instead.
func Edit(in envelope.Address, messageID, text string) envelope.Outbound {
	return addressed(in, envelope.Outbound{Type: envelope.TypeEdit, MessageID: messageID, Text: text})
}

// Delete deletes a message.
func Delete(in envelope.Address, messageID string) envelope.Outbound {
	return addressed(in, envelope.Outbound{Type: envelope.TypeDelete, MessageID: messageID})
}

// React puts an emoji on a message.
func React(in envelope.Address, messageID, emoji string) envelope.Outbound {
	return addressed(in, envelope.Outbound{Type: envelope.TypeReaction, MessageID: messageID, Emoji: emoji})
}

// Typing shows that somebody types, until the next visible message or for ten
// seconds.
func Typing(in envelope.Address) envelope.Outbound {
	return addressed(in, envelope.Outbound{Type: envelope.TypeTyping})
}

// Presence shows a platform's users how the bot is: online, idle, dnd or
// offline, and what it does.
func Presence(platform, status, activity string) envelope.Outbound {
	return envelope.Outbound{Type: envelope.TypePresence, Platform: platform, Status: status, Activity: activity}
}

func addressed(to envelope.Address, out envelope.Outbound) envelope.Outbound {
	out.Platform, out.ChannelID, out.ThreadID = to.Platform, to.ChannelID, to.ThreadID
	return out
}
