package telegramtest

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
)

// media are the methods that send a file, and the field that it is in.
var media = map[string]string{
	"sendPhoto": "photo", "sendDocument": "document", "sendVideo": "video", "sendAnimation": "animation",
	"sendAudio": "audio", "sendVoice": "voice",
}

// do carries a request out. The mutex is held.
func (s *Server) do(c call) (any, *refusal) {
	switch c.method {
	case "getMe":
		return map[string]any{"id": BotID, "is_bot": true, "first_name": "Postern", "username": BotName, "can_join_groups": true}, nil
	case "setMyCommands":
		s.commands = c.object("commands")
		return true, nil
	case "setWebhook":
		s.hook = webhook{c.text("url"), c.text("secret_token")}
		s.endPoll()
		s.post()
		return true, nil
	case "deleteWebhook":
		s.hook = webhook{}
		return true, nil
	case "getWebhookInfo":
		return map[string]any{"url": s.hook.url, "has_custom_certificate": false, "pending_update_count": len(s.updates)}, nil
	case "answerCallbackQuery":
		s.answered = append(s.answered, c.text("callback_query_id"))
		return true, nil
	case "getFile":
		id := c.text("file_id")
		if _, ok := s.files[id]; !ok {
			return nil, bad("invalid file_id")
		}
		return map[string]any{"file_id": id, "file_unique_id": "u" + id, "file_size": len(s.files[id].data), "file_path": "files/" + id}, nil
	}
	chat := s.chats[c.text("chat_id")]
	if c.text("chat_id") == "" {
		return nil, bad("chat_id is empty")
	}
	if chat == nil {
		return nil, bad("chat not found")
	}
	switch c.method {
	case "getChat":
		return chat.json(), nil
	case "getChatAdministrators":
		if chat.Type == "private" {
			return nil, bad("there are no administrators in the private chat")
		}
		return []any{map[string]any{"status": "creator", "is_anonymous": false, "user": person(77, "Olga", "olga")}}, nil
	case "sendChatAction":
		s.note(c, 0, c.text("action"))
		return true, nil
	case "setMessageReaction":
		return s.react(c, chat)
	case "deleteMessage":
		return s.remove(c, chat)
	case "editMessageText", "editMessageCaption", "editMessageReplyMarkup":
		return s.edit(c, chat)
	}
	if strings.HasPrefix(c.method, "send") {
		return s.send(c, chat)
	}
	return nil, &refusal{code: 404, text: "Not Found: method not found"}
}

// note records what users see.
func (s *Server) note(c call, message int64, text string) {
	s.effects = append(s.effects, Effect{Method: c.method, Chat: c.text("chat_id"), Thread: c.text("message_thread_id"), Message: message, Text: text, At: time.Now()})
}

func (s *Server) send(c call, chat *Chat) (any, *refusal) {
	if no := s.limit(chat); no != nil {
		return nil, no
	}
	m := &Message{Chat: chat.ID, FromID: BotID, Silent: c.yes("disable_notification"), Buttons: c.object("reply_markup"), Date: time.Now()}
	field, isFile := media[c.method]
	switch {
	case c.method == "sendMessage":
		m.Text, m.Entities = c.text("text"), c.object("entities")
		if strings.TrimSpace(m.Text) == "" {
			return nil, bad("message text is empty")
		}
		if units(m.Text) > 4096 {
			return nil, bad("message is too long")
		}
	case isFile:
		id, no := s.fileIn(c, field)
		if no != nil {
			return nil, no
		}
		m.File, m.Kind, m.Text, m.Entities = id, field, c.text("caption"), c.object("caption_entities")
		if units(m.Text) > 1024 {
			return nil, bad("message caption is too long")
		}
	case c.method == "sendPoll":
		m.Kind, m.Text = "poll", c.text("question")
		if m.Text == "" || len(c.object("options")) == 0 {
			return nil, bad("poll question must be non-empty")
		}
	default:
		return nil, &refusal{code: 404, text: "Not Found: method not found"}
	}
	if no := entitiesFit(m); no != nil {
		return nil, no
	}
	if no := buttonsFit(m.Buttons); no != nil {
		return nil, no
	}
	if m.Thread = c.number("message_thread_id"); m.Thread != 0 && !chat.Topics[m.Thread] {
		return nil, bad("message thread not found")
	}
	if no := m.answers(c, chat); no != nil {
		return nil, no
	}
	s.lastMsg++
	m.ID = s.lastMsg
	chat.messages[m.ID] = m
	s.note(c, m.ID, m.Text)
	return s.json(m), nil
}

// answers finds what a message replies to.
func (m *Message) answers(c call, chat *Chat) *refusal {
	raw := c.object("reply_parameters")
	if raw == nil {
		return nil
	}
	var to struct {
		ID      json.Number `json:"message_id"`
		Without bool        `json:"allow_sending_without_reply"`
	}
	if json.Unmarshal(raw, &to) != nil {
		return bad("can't parse reply parameters JSON object")
	}
	id, _ := to.ID.Int64()
	if there := chat.messages[id]; there != nil && !there.Deleted {
		m.ReplyTo = id
		return nil
	}
	if to.Without {
		return nil
	}
	return bad("message to be replied not found")
}

func (s *Server) edit(c call, chat *Chat) (any, *refusal) {
	m := chat.messages[c.number("message_id")]
	if m == nil || m.Deleted {
		return nil, bad("message to edit not found")
	}
	if m.FromID != BotID {
		return nil, bad("message can't be edited")
	}
	next := *m
	switch c.method {
	case "editMessageText":
		if m.Kind != "" {
			return nil, bad("there is no text in the message to edit")
		}
		next.Text, next.Entities = c.text("text"), c.object("entities")
		if units(next.Text) > 4096 {
			return nil, bad("message is too long")
		}
	case "editMessageCaption":
		if m.Kind == "" {
			return nil, bad("there is no caption in the message to edit")
		}
		next.Text, next.Entities = c.text("caption"), c.object("caption_entities")
	}
	next.Buttons = c.object("reply_markup")
	if no := buttonsFit(next.Buttons); no != nil {
		return nil, no
	}
	if next.Text == m.Text && string(next.Entities) == string(m.Entities) && string(next.Buttons) == string(m.Buttons) {
		return nil, bad("message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message")
	}
	if no := s.limit(chat); no != nil {
		return nil, no
	}
	next.Edits++
	*m = next
	s.note(c, m.ID, m.Text)
	return s.json(m), nil
}

func (s *Server) remove(c call, chat *Chat) (any, *refusal) {
	m := chat.messages[c.number("message_id")]
	if m == nil || m.Deleted {
		return nil, bad("message to delete not found")
	}
	m.Deleted = true
	s.note(c, m.ID, "")
	return true, nil
}

func (s *Server) react(c call, chat *Chat) (any, *refusal) {
	m := chat.messages[c.number("message_id")]
	if m == nil || m.Deleted {
		return nil, bad("message to react not found")
	}
	var list []struct{ Type, Emoji string }
	if json.Unmarshal(c.object("reaction"), &list) != nil {
		return nil, bad("can't parse reaction types JSON object")
	}
	text := ""
	for _, r := range list {
		if r.Type == "emoji" && !strings.Contains("👍👎❤🔥🥰👏😁🤔🎉👌👀", r.Emoji) {
			return nil, bad("REACTION_INVALID")
		}
		text = r.Emoji
	}
	m.Reaction = c.object("reaction")
	s.note(c, m.ID, text)
	return true, nil
}

// limit counts a message against the rates, or refuses it.
func (s *Server) limit(chat *Chat) *refusal {
	now := time.Now()
	id := strconv.FormatInt(chat.ID, 10)
	rates := map[string]Rate{"account": s.limits.Account, "chat " + id: s.limits.Chat}
	if chat.Type != "private" {
		rates["group "+id] = s.limits.Group
	}
	for name, r := range rates {
		sent := s.sent[name]
		if r.Many == 0 || len(sent) < r.Many {
			continue
		}
		if wait := sent[len(sent)-r.Many].Add(r.Per).Sub(now); wait > 0 {
			return s.tooMany(int(wait/time.Second) + 1)
		}
	}
	for name := range rates {
		s.sent[name] = append(s.sent[name], now)
	}
	return nil
}

// entitiesFit: each lies within the text.
func entitiesFit(m *Message) *refusal {
	if m.Entities == nil {
		return nil
	}
	var list []struct{ Offset, Length int }
	if json.Unmarshal(m.Entities, &list) != nil {
		return bad("can't parse entities: expected an Array of MessageEntity")
	}
	for _, e := range list {
		if e.Offset < 0 || e.Length <= 0 || e.Offset+e.Length > units(m.Text) {
			return bad("entity beginning at UTF-16 offset %d ends after the end of the text", e.Offset)
		}
	}
	return nil
}

func buttonsFit(raw json.RawMessage) *refusal {
	if raw == nil {
		return nil
	}
	var k struct {
		Rows [][]struct {
			Text string `json:"text"`
			Data string `json:"callback_data"`
			URL  string `json:"url"`
		} `json:"inline_keyboard"`
	}
	if json.Unmarshal(raw, &k) != nil {
		return bad("can't parse reply keyboard markup JSON object")
	}
	for _, row := range k.Rows {
		for _, b := range row {
			switch {
			case b.Text == "":
				return bad("inline keyboard button text is empty")
			case len(b.Data) > 64:
				return bad("BUTTON_DATA_INVALID")
			case b.Data == "" && b.URL == "":
				return bad("text buttons are unallowed in the inline keyboard")
			}
		}
	}
	return nil
}

func units(s string) int { return len(utf16.Encode([]rune(s))) }

func person(id int64, name, username string) map[string]any {
	return map[string]any{"id": id, "is_bot": id == BotID, "first_name": name, "username": username}
}

func (c *Chat) json() map[string]any {
	out := map[string]any{"id": c.ID, "type": c.Type}
	if c.Username != "" {
		out["username"] = c.Username
	}
	if c.Type == "private" {
		out["first_name"] = c.Title
	} else {
		out["title"] = c.Title
	}
	if len(c.Topics) > 0 {
		out["is_forum"] = true
	}
	return out
}

// json is a message as the API shows it.
func (s *Server) json(m *Message) map[string]any {
	chat := s.chats[strconv.FormatInt(m.Chat, 10)]
	out := map[string]any{"message_id": m.ID, "date": m.Date.Unix(), "chat": chat.json()}
	if m.FromID == BotID {
		out["from"] = person(BotID, "Postern", BotName)
	} else if chat.Type != "channel" {
		out["from"] = person(m.FromID, "Ann", "ann_lee")
	} else {
		out["sender_chat"] = chat.json()
	}
	text, entities := "text", "entities"
	if m.Kind != "" && m.Kind != "poll" {
		text, entities = "caption", "caption_entities"
		f := map[string]any{"file_id": m.File, "file_unique_id": "u" + m.File, "file_size": len(s.files[m.File].data)}
		if m.Kind == "photo" {
			f["width"], f["height"] = 640, 480
			out["photo"] = []any{map[string]any{"file_id": "small", "file_unique_id": "s", "width": 90, "height": 60}, f}
		} else {
			f["file_name"], f["mime_type"] = s.files[m.File].name, s.files[m.File].kind
			out[m.Kind] = f
		}
	}
	if m.Text != "" {
		out[text] = m.Text
	}
	if m.Entities != nil {
		out[entities] = m.Entities
	}
	if m.Buttons != nil {
		out["reply_markup"] = m.Buttons
	}
	if m.Thread != 0 {
		out["message_thread_id"], out["is_topic_message"] = m.Thread, true
	}
	if m.ReplyTo != 0 {
		if there := chat.messages[m.ReplyTo]; there != nil {
			answered := *there
			answered.ReplyTo = 0
			out["reply_to_message"] = s.json(&answered)
		}
	}
	if m.Edits > 0 {
		out["edit_date"] = time.Now().Unix()
	}
	return out
}
