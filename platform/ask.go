package platform

import "context"

// What an adapter can be asked, each where its platform can tell. An error is
// an *Error; its Sent says nothing here. They are called concurrently, while
// the adapter is open.

// User is somebody on a platform.
type User struct {
	ID          string `json:"id"`
	Username    string `json:"username,omitempty"`
	DisplayName string `json:"display_name,omitempty"`
	IsBot       bool   `json:"is_bot"`
}

// UserReader is an adapter that can describe one user.
type UserReader interface {
	User(ctx context.Context, id string) (User, error)
}

// MemberLister is an adapter that can list who is in a channel, as far as its
// platform tells.
type MemberLister interface {
	Members(ctx context.Context, channelID string) ([]User, error)
}

// DMOpener is an adapter that can open a direct conversation. Doing it again
// returns the same one.
type DMOpener interface {
	OpenDM(ctx context.Context, userID string) (Channel, error)
}

// NativeCaller is an adapter that can call its platform's own API, as far as
// its config allows each call by name. The result is plain: what JSON has.
type NativeCaller interface {
	Call(ctx context.Context, method string, params map[string]any) (any, error)
}
