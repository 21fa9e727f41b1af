package webhook

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

const (
	linkLasts = 24 * time.Hour // that a receiver may take to get a file
	maxInline = 4 << 20        // bytes of files in one body, where they have no address
)

// withMedia returns a body in which every file of the store can be had: at a
// signed address, if the gateway knows how it is reached from outside, else as
// bytes. A body without such files stays as it was planned, to the byte.
func withMedia(ctx context.Context, media platform.Media, body []byte) ([]byte, error) {
	var p struct {
		payload
		Attachments []envelope.Media `json:"attachments,omitempty"`
		Native      json.RawMessage  `json:"native,omitempty"` // its numbers stay as they are
	}
	if err := json.Unmarshal(body, &p); err != nil {
		return nil, &platform.Error{Code: envelope.CodeInternal, Sent: platform.SentNo, Message: "a stored body cannot be read", Cause: err}
	}
	if !slices.ContainsFunc(p.Attachments, func(m envelope.Media) bool { return m.Blob != "" }) {
		return body, nil
	}
	left := int64(maxInline)
	for i, m := range p.Attachments {
		if m.Blob == "" {
			continue
		}
		if link := media.Link(m.Blob, linkLasts); strings.Contains(link, "://") {
			p.Attachments[i].URL = link
			continue
		}
		inlined, err := inline(ctx, media, m, left)
		if err != nil {
			failure := *platform.AsError(err)
			failure.Field = fmt.Sprintf("attachments[%d].blob", i)
			return nil, &failure
		}
		p.Attachments[i] = inlined
		left -= inlined.Size
	}
	return encode(p)
}

// inline reads a file of at most that many bytes into its medium.
func inline(ctx context.Context, media platform.Media, m envelope.Media, most int64) (envelope.Media, error) {
	content, about, err := media.Open(ctx, m)
	if err != nil {
		return m, err
	}
	defer content.Close() //nolint:errcheck // only read
	about.Data, err = io.ReadAll(io.LimitReader(content, most+1))
	switch {
	case err != nil:
		return m, &platform.Error{Code: envelope.CodeTransient, Sent: platform.SentNo, Message: "the media store broke off", Cause: err}
	case int64(len(about.Data)) > most:
		return m, platform.Refused(envelope.CodeTooLarge, "",
			"files of over %d bytes are posted as addresses, and the gateway's http.public_url is not set", maxInline)
	}
	about.Size = int64(len(about.Data))
	return about, nil
}
