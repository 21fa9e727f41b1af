package webchat

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/posternhq/postern/envelope"
)

// inFrame is any frame from a page.
type inFrame struct {
	Type string `json:"t"`
	ID   string `json:"id"`

	Channel string `json:"channel"`
	Since   *int64 `json:"since"`
	Name    string `json:"name"`
	Session string `json:"session"`

	Text    string   `json:"text"`
	ReplyTo string   `json:"reply_to"`
	Thread  string   `json:"thread"`
	Files   []string `json:"files"`

	Message  string `json:"message"`
	CustomID string `json:"custom_id"`
	Emoji    string `json:"emoji"`
	Remove   bool   `json:"remove"`

	Before int64 `json:"before"`
	Limit  int   `json:"limit"`
}

// welcome answers hello.
type welcome struct {
	Type     string          `json:"t"`
	You      person          `json:"you"`
	Channel  channel         `json:"channel"`
	Bot      person          `json:"bot"`
	Title    string          `json:"title"`
	Greeting json.RawMessage `json:"greeting,omitempty"`
	Version  int64           `json:"version"`
	Reset    bool            `json:"reset"`
	More     bool            `json:"more"`
	Limits   limits          `json:"limits"`
	Presence presence        `json:"presence"`
	People   bool            `json:"people"`
}

type channel struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	IsDM bool   `json:"is_dm"`
}

type limits struct {
	Text  int `json:"text"`
	File  int `json:"file"`
	Files int `json:"files"`
	Name  int `json:"name"`
	Rate  int `json:"rate"`
	Burst int `json:"burst"`
}

type okFrame struct {
	Type    string `json:"t"`
	ID      string `json:"id"`
	Message string `json:"message,omitempty"`
	Name    string `json:"name,omitempty"`
}

type errorFrame struct {
	Type       string        `json:"t"`
	ID         string        `json:"id,omitempty"`
	Code       envelope.Code `json:"code"`
	Message    string        `json:"message"`
	RetryAfter float64       `json:"retry_after,omitempty"` // seconds
}

// encodeFrame is a frame's bytes. Frames are made of strings, numbers and our
// own encodings, so that nothing can fail.
func encodeFrame(f any) []byte {
	b, err := json.Marshal(f)
	if err != nil {
		return []byte(`{"t":"error","code":"internal","message":"the gateway could not write its answer"}`)
	}
	return b
}

// errorOf is an error frame; id is of the frame that it answers, if that had
// one.
func errorOf(id string, code envelope.Code, retryAfter time.Duration, format string, args ...any) []byte {
	return encodeFrame(errorFrame{Type: "error", ID: id, Code: code, Message: fmt.Sprintf(format, args...), RetryAfter: retryAfter.Seconds()})
}

func typingFrame(who person, seconds int, thread string) []byte {
	return encodeFrame(struct {
		Type   string `json:"t"`
		Who    person `json:"who"`
		For    int    `json:"for"`
		Thread string `json:"thread,omitempty"`
	}{"typing", who, seconds, thread})
}

func presenceFrame(p presence) []byte {
	return encodeFrame(struct {
		Type string `json:"t"`
		presence
	}{"presence", p})
}

func peopleFrame(count int, people []person) []byte {
	return encodeFrame(struct {
		Type   string   `json:"t"`
		Count  int      `json:"count"`
		People []person `json:"people"`
	}{"people", count, people})
}

// appendRecords writes a frame of records that are encoded already.
func appendRecords(b []byte, version int64, records [][]byte) []byte {
	b = append(b, `{"t":"records","version":`...)
	b = strconv.AppendInt(b, version, 10)
	b = append(b, `,"records":[`...)
	b = appendJoined(b, records)
	return append(b, "]}"...)
}

// appendOlder writes the answer to older.
func appendOlder(b []byte, records [][]byte, more bool) []byte {
	b = append(b, `{"t":"older","records":[`...)
	b = appendJoined(b, records)
	b = append(b, `],"more":`...)
	b = strconv.AppendBool(b, more)
	return append(b, '}')
}

func appendJoined(b []byte, records [][]byte) []byte {
	for i, r := range records {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, r...)
	}
	return b
}

// unixTime is a time in seconds, to the millisecond.
func unixTime(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
