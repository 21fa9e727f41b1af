package api

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/goccy/go-yaml"
	"github.com/google/jsonschema-go/jsonschema"

	"github.com/posternhq/postern/envelope"
)

//go:embed openapi.yaml
var description []byte

// OpenAPI is the description of the gateway's HTTP, as JSON. The schemas of
// envelopes, receipts and replies are put in from where they are checked.
func OpenAPI() ([]byte, error) {
	var document map[string]any
	if err := yaml.Unmarshal(description, &document); err != nil {
		return nil, fmt.Errorf("read openapi.yaml: %w", err)
	}
	components, _ := document["components"].(map[string]any)
	schemas, ok := components["schemas"].(map[string]any)
	if !ok {
		return nil, fmt.Errorf("openapi.yaml has no components.schemas")
	}
	for name, schema := range map[string]*jsonschema.Schema{
		"Envelope": envelope.OutboundSchema(), "Receipt": envelope.ReceiptSchema(), "Reply": envelope.ReplySchema(),
	} {
		schema.ID, schema.Schema = "", "" // it is a part of this document
		schemas[name] = schema
	}
	data, err := json.MarshalIndent(document, "", " ")
	if err != nil {
		return nil, fmt.Errorf("write openapi.json: %w", err)
	}
	return data, nil
}

// ServeOpenAPI answers with the description, to anybody.
func ServeOpenAPI() (http.Handler, error) {
	data, err := OpenAPI()
	if err != nil {
		return nil, err
	}
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		_, _ = w.Write(data) // the client is gone: nobody to tell
	}), nil
}
