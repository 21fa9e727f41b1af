package envelope

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"
)

func schemas() map[string]*jsonschema.Schema {
	return map[string]*jsonschema.Schema{
		"outbound": OutboundSchema(), "event": EventSchema(), "receipt": ReceiptSchema(), "reply": ReplySchema(),
	}
}

func TestSchemaFiles(t *testing.T) {
	t.Parallel()
	for name, s := range schemas() {
		path := filepath.Join("schema", name+".schema.json")
		want, err := json.MarshalIndent(s, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, '\n')
		if *update {
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is stale: run go generate ./envelope", path)
		}
	}
}

// validate holds JSON against the schema file of a name.
func validate(t *testing.T, name string, data []byte) error {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("schema", name+".schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	var s jsonschema.Schema
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	resolved, err := s.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	var doc any
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	return resolved.Validate(doc)
}

func TestGoldenFilesFollowTheSchemas(t *testing.T) {
	t.Parallel()
	for _, s := range goldenSamples() {
		name, _, _ := strings.Cut(s.name, "-")
		if err := validate(t, name, golden(t, s, JSON)); err != nil {
			t.Errorf("%s: %v", s.name, err)
		}
	}
}

func TestOutboundSchemaAndDecoderAgree(t *testing.T) {
	t.Parallel()
	for text, sound := range map[string]bool{
		`{"type":"message","channel_id":"c","text":"x"}`:                                         true,
		`{"type":"message","channel_id":"c","text":"x","colour":1}`:                              true,
		`{"type":"message","channel_id":"c","view":[{"label":"a","custom_id":"b"}]}`:             true,
		`{"type":"message","channel_id":"c"}`:                                                    false,
		`{"type":"message","channel_id":"c","text":""}`:                                          false,
		`{"type":"message","text":"x"}`:                                                          false,
		`{"type":"message","channel_id":"c","text":7}`:                                           false,
		`{"type":"message","channel_id":"c","view":[[]]}`:                                        false,
		`{"type":"message","channel_id":"c","view":[[{"label":"a"}]]}`:                           false,
		`{"type":"message","channel_id":"c","view":[[{"custom_id":"a"}]]}`:                       false,
		`{"type":"message","channel_id":"c","view":[[{"label":"a","custom_id":"b","url":"c"}]]}`: false,
		`{"type":"message","channel_id":"c","attachments":[{"filename":"f"}]}`:                   false,
		`{"type":"message","channel_id":"c","attachments":[{"data":"aGk=","blob":"b"}]}`:         false,
		`{"type":"message","channel_id":"c","attachments":[{"data":"aGk"}]}`:                     false,
		`{"type":"message","channel_id":"c","attachments":[{"url":"ftp://x"}]}`:                  false,
		`{"type":"message","channel_id":"c","text":"x","mentions":"some"}`:                       false,
		`{"type":"message","channel_id":"c","text":"x","not_before":-1}`:                         false,
		`{"type":"typing","channel_id":"c","ttl":120}`:                                           true,
		`{"type":"typing","channel_id":"c","ttl":0}`:                                             false,
		`{"type":"typing","channel_id":"c","ttl":121}`:                                           false,
		`{"type":"delete","channel_id":"c","message_id":"m","target_key":"k"}`:                   false,
		`{"type":"edit","channel_id":"c","message_id":"m"}`:                                      false,
		`{"type":"stream","channel_id":"c","stream_id":"s","seq":0,"final":false}`:               false,
		`{"type":"stream","channel_id":"c","stream_id":"s","seq":0,"final":true}`:                true,
		`{"type":"stream","channel_id":"c","stream_id":"s","text":"x"}`:                          false,
		`{"type":"rpc","request_id":"r","method":"identity","reply_queue":"q"}`:                  true,
		`{"type":"rpc","request_id":"r","method":"identity"}`:                                    false,
		`{"type":"presence"}`:                                   false,
		`{"type":"poke","channel_id":"c"}`:                      false,
		`{"channel_id":"c","text":"x"}`:                         false,
		`{"type":"file","channel_id":"c","caption":"x"}`:        false,
		`{"type":"reaction","channel_id":"c","message_id":"m"}`: false,
		`{"type":"buttons","channel_id":"c","text":"x"}`:        false,
		`{"type":"message","channel_id":"c","text":"x","message_key":"` + strings.Repeat("k", 257) + `"}`: false,
	} {
		_, fault := DecodeOutbound([]byte(text), DefaultLimits())
		if (fault == nil) != sound {
			t.Errorf("%s\ndecodes with %v", text, fault)
		}
		if err := validate(t, "outbound", []byte(text)); (err == nil) != sound {
			t.Errorf("%s\nis by the schema %v", text, err)
		}
	}
}
