// Package media is the store of files: what people send, what workers upload,
// and what the gateway fetches for them lie there, each under an id, until
// they expire.
//
//	Keep, Put ─► receive: cap, type, digest ─► Backend: disk or S3
//	Open, GET /v1/media/<id> ◄──────────────── Backend
//	Resolve ─► Fetcher ─► Guard ─► the web; what comes back is Put
//
// Nothing that a sender says of a file is believed further than for display:
// its type is found in its bytes, and only pictures are ever shown inline.
package media

import (
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// Path is where the HTTP API serves files: Path + "/" + id.
const Path = "/v1/media"

// About is what is known of a kept file.
type About struct {
	ID       string    `json:"id"`
	Filename string    `json:"filename,omitempty"` // clean; "" = the sender gave none
	Mimetype string    `json:"mimetype"`           // for display: Found, or the sender's more precise word
	Found    string    `json:"found"`              // the type found in the bytes
	Size     int64     `json:"size"`               // bytes
	SHA256   string    `json:"sha256"`             // hexadecimal
	Kept     time.Time `json:"kept"`
}

// Note is what the sender says of a file.
type Note struct {
	Filename string
	Mimetype string
}

func transient(message string, cause error) *platform.Error {
	return &platform.Error{Code: envelope.CodeTransient, Sent: platform.SentNo, Message: message, Cause: cause}
}
