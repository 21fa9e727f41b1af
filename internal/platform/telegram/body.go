package telegram

import (
	"encoding/json"

	"github.com/posternhq/postern/internal/webapi"
)

// upload is a file that goes with a request, in a field of it.
type upload struct {
	webapi.File
	field string
}

// newBody is JSON, or with a file a form, as the Bot API reads it: text as it
// stands, all else as JSON.
func newBody(p params, file *upload) (*webapi.Body, error) {
	if p == nil {
		p = params{}
	}
	if file == nil {
		return webapi.JSON(p)
	}
	form := webapi.NewForm()
	for name, value := range p {
		text, ok := value.(string)
		if !ok {
			raw, err := json.Marshal(value)
			if err != nil {
				return nil, err
			}
			text = string(raw)
		}
		if err := form.Field(name, text); err != nil {
			return nil, err
		}
	}
	if err := form.File(file.field, file.File); err != nil {
		return nil, err
	}
	return form.Body()
}
