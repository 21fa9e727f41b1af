package discord

import (
	"fmt"

	"github.com/posternhq/postern/internal/webapi"
)

// newBody is JSON, or with files a form of payload_json and files[n]
// (docs.discord.com/developers/reference#uploading-files).
func newBody(r call) (*webapi.Body, error) {
	switch {
	case r.body == nil && len(r.files) == 0:
		return nil, nil
	case len(r.files) == 0:
		return webapi.JSON(r.body)
	}
	form := webapi.NewForm()
	if err := form.JSON("payload_json", r.body); err != nil {
		return nil, err
	}
	for i, f := range r.files {
		if err := form.File(fmt.Sprintf("files[%d]", i), f); err != nil {
			return nil, err
		}
	}
	return form.Body()
}
