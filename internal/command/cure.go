package command

import "github.com/posternhq/postern/envelope"

// cure says in one sentence what a person can do about an error.
func cure(code envelope.Code) string {
	switch code {
	case envelope.CodeUndecodable:
		return "The bytes are no envelope: publish one MessagePack map or one JSON object in the entry's field data."
	case envelope.CodeInvalid:
		return "A field is missing or wrong, or one of the platform's settings: fix the worker and publish it anew, or the setting, and replay."
	case envelope.CodeUnsupported:
		return "This platform or version cannot do that: leave the field out, or ask capabilities first."
	case envelope.CodeNotFound:
		return "The channel, message or tool is not there: check its id, and that the account can see it."
	case envelope.CodeForbidden:
		return "The account may not do that: give it the right on the platform, then replay."
	case envelope.CodeAuth:
		return "The platform refuses the credentials: renew the secret that the config names, and restart."
	case envelope.CodeTooLarge:
		return "It is larger than allowed: send less, or the medium by its address."
	case envelope.CodeRateLimited:
		return "The platform asks for patience: nothing to do, it is sent when the limit ends."
	case envelope.CodeTransient:
		return "The platform kept failing until the time for retries was over: replay when it works again."
	case envelope.CodeUnavailable:
		return "The platform could not be reached: check the network and its address, then replay."
	case envelope.CodeUnknown:
		return "It may have been delivered and nobody can tell: look at the platform, then resend or drop it."
	case envelope.CodeConflict:
		return "Its message_key was used for other content: publish it under another key."
	case envelope.CodeExpired:
		return "It was too old before it could be sent: replay it if it still matters."
	case envelope.CodeTargetFailed:
		return "The message that it was to change was never delivered: replay that one first."
	case envelope.CodePoison:
		return "It was in the middle of being sent at three crashes: look at the nodes' logs before you replay it."
	case envelope.CodeTimeout:
		return "It was not answered by its deadline: call again, with more time if the method is slow."
	case envelope.CodeToolError:
		return "The tool itself failed: its message says why; try it with \"postern tools run\"."
	case envelope.CodeCatalogStale:
		return "The tool has another schema by now: list the tools again and call with the new hash."
	case envelope.CodeInterrupted:
		return "The node ended in the middle of the call: find out whether it took effect, then call again."
	case envelope.CodeUnknownMethod:
		return "No such method: check its spelling."
	case envelope.CodeInternal:
		return "A fault of the gateway itself: please report it, with the log around it."
	}
	return "This version does not know the code: see the gateway's own version."
}
