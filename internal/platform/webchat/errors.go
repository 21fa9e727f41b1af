package webchat

import (
	"errors"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// storeError classes an error of the room store. Whether the change was made
// it does not tell, but to make it again is safe.
func storeError(err error) error {
	switch {
	case err == nil, errors.Is(err, platform.ErrRecordGone): // it was made, and has been forgotten since
		return nil
	default:
		return &platform.Error{
			Code: envelope.CodeTransient, Sent: platform.SentUnknown,
			Message: "the room store did not answer", Cause: err,
		}
	}
}

// mediaError classes an error of the media store, which says itself what is
// wrong. Nothing was shown yet.
func mediaError(err error, field string) error {
	if e, ok := errors.AsType[*platform.Error](err); ok {
		e := *e
		e.Sent = platform.SentNo
		if e.Field == "" {
			e.Field = field
		}
		return &e
	}
	return &platform.Error{
		Code: envelope.CodeTransient, Sent: platform.SentNo, Field: field,
		Message: "the media store did not take the file", Cause: err,
	}
}

// noPermit: nothing was written, because the right to had ended before.
func noPermit(err error) *platform.Error {
	return &platform.Error{
		Code: envelope.CodeUnavailable, Sent: platform.SentNo,
		Message: "not written: this node may not send any more", Cause: err,
	}
}
