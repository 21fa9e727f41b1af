package discordtest

import (
	"encoding/json"
	"net/http"
	"strings"
	"unicode/utf8"
)

// form is what a request says of a message.
type form struct {
	Content    *string         `json:"content"`
	Nonce      any             `json:"nonce"`
	Enforce    bool            `json:"enforce_nonce"`
	Flags      int             `json:"flags"`
	Components json.RawMessage `json:"components"`
	Embeds     json.RawMessage `json:"embeds"`
	Poll       json.RawMessage `json:"poll"`
	Stickers   json.RawMessage `json:"sticker_ids"`
	Allowed    *struct {
		Parse   []string `json:"parse"`
		Users   []string `json:"users"`
		Roles   []string `json:"roles"`
		Replied bool     `json:"replied_user"`
	} `json:"allowed_mentions"`
	Reference *struct {
		Type      int    `json:"type"` // 1: it forwards that message
		MessageID string `json:"message_id"`
		Fail      *bool  `json:"fail_if_not_exists"`
	} `json:"message_reference"`
}

const (
	maxText = 2000
	maxFile = 10 << 20
)

// emptyMessage is the code of a message that has nothing, a file least of all.
const emptyMessage = 50006

// check holds a form to Discord's limits.
func (f *form) check(files []File, edits bool) *refusal {
	if f.Content != nil && utf8.RuneCountInString(*f.Content) > maxText {
		return bad("content", "BASE_TYPE_MAX_LENGTH", "Must be 2000 or fewer in length.")
	}
	if nonce, ok := f.Nonce.(string); ok && len(nonce) > 25 {
		return bad("nonce", "NONCE_TYPE_TOO_LONG", "Nonce must be 25 or fewer in length.")
	}
	if len(files) > 10 {
		return no(http.StatusBadRequest, 30015, "Maximum number of attachments in a message reached (10)")
	}
	for _, file := range files {
		if len(file.Data) > maxFile {
			return no(http.StatusRequestEntityTooLarge, 40005, "Request entity too large")
		}
	}
	if no := checkComponents(f.Components); no != nil {
		return no
	}
	some := f.Content != nil && strings.TrimSpace(*f.Content) != "" || len(files) > 0 || full(f.Embeds) || full(f.Poll) || full(f.Stickers) || f.Reference != nil && f.Reference.Type == 1 || full(f.Components) && f.Flags&(1<<15) != 0
	if !some && (!edits || f.Content != nil && strings.TrimSpace(*f.Content) == "") {
		return no(http.StatusBadRequest, emptyMessage, "Cannot send an empty message")
	}
	return nil
}

func full(list json.RawMessage) bool {
	return len(list) > 0 && string(list) != "null" && string(list) != "[]"
}

func checkComponents(raw json.RawMessage) *refusal {
	var rows []struct {
		Type       int `json:"type"`
		Components []struct {
			Type     int    `json:"type"`
			Style    int    `json:"style"`
			Label    string `json:"label"`
			CustomID string `json:"custom_id"`
			URL      string `json:"url"`
			Emoji    any    `json:"emoji"`
			Options  []any  `json:"options"`
		} `json:"components"`
	}
	if !full(raw) {
		return nil
	}
	if json.Unmarshal(raw, &rows) != nil {
		return bad("components", "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
	}
	if len(rows) > 5 {
		return bad("components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
	}
	known := map[string]bool{}
	for _, row := range rows {
		if row.Type != 1 {
			continue // the newer kinds
		}
		if n := len(row.Components); n == 0 || n > 5 {
			return bad("components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
		}
		for _, c := range row.Components {
			switch {
			case c.Type == 2 && (c.Style == 5) != (c.URL != ""):
				return bad("url", "BUTTON_COMPONENT_URL", "A url goes with a link button")
			case c.Type == 2 && c.Label == "" && c.Emoji == nil:
				return bad("label", "BASE_TYPE_REQUIRED", "This field is required")
			case utf8.RuneCountInString(c.Label) > 80:
				return bad("label", "BASE_TYPE_MAX_LENGTH", "Must be 80 or fewer in length.")
			case c.URL == "" && (c.CustomID == "" || utf8.RuneCountInString(c.CustomID) > 100):
				return bad("custom_id", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")
			case c.CustomID != "" && known[c.CustomID]:
				return bad("custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated")
			case c.Type == 3 && (len(c.Options) == 0 || len(c.Options) > 25):
				return bad("options", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 25 in length.")
			}
			known[c.CustomID] = true
		}
	}
	return nil
}
