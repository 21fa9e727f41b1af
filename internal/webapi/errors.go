package webapi

import (
	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// Permitted is the error of who may not send any more, by a permit; nil while one
// may.
func Permitted(permit func() error) *platform.Error {
	if permit == nil {
		return nil
	}
	if ended := permit(); ended != nil {
		return &platform.Error{Code: envelope.CodeUnavailable, Sent: platform.SentNo, Message: "not sent: this node may not send any more", Cause: ended}
	}
	return nil
}

// Closed is the error of a Do while the adapter is not open.
func Closed() *platform.Error {
	return &platform.Error{Code: envelope.CodeUnavailable, Sent: platform.SentNo, Message: "the bot is not connected"}
}

// Unwritable is the error of a request that cannot be put into words.
func Unwritable(err error) *platform.Error {
	return &platform.Error{Code: envelope.CodeInvalid, Sent: platform.SentNo, Message: "the request cannot be written: " + err.Error()}
}

// Unexpected is the error of an answer that says yes, and then something else
// than what its request is answered with.
func Unexpected(what string, cause error) *platform.Error {
	return &platform.Error{Code: envelope.CodeInternal, Sent: platform.SentYes, Message: what + " was answered with something else than expected", Cause: cause}
}
