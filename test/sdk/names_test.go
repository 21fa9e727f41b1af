package sdk

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/posternhq/postern/envelope"
)

// The tables of sdk/testdata hold for the gateway as they do for the SDKs.
func cases(t *testing.T, name string, into any) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, "sdk", "testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatalf("%s.json: %v", name, err)
	}
}

// nameSettings are named as in the gateway's config.
type nameSettings struct {
	Namespace      string `json:"namespace"`
	OutboundPrefix string `json:"outbound_prefix"`
	GroupPrefix    string `json:"group_prefix"`
	InboundStream  string `json:"inbound_stream"`
	WorkerGroup    string `json:"worker_group"`
}

func (s nameSettings) names() envelope.Names {
	or := func(name *string, value string) {
		if value != "" {
			*name = value
		}
	}
	namespace := "postern"
	or(&namespace, s.Namespace)
	names := envelope.NewNames(namespace)
	or(&names.OutboundPrefix, s.OutboundPrefix)
	or(&names.GroupPrefix, s.GroupPrefix)
	or(&names.InboundStream, s.InboundStream)
	or(&names.WorkerGroup, s.WorkerGroup)
	return names
}

func TestNames(t *testing.T) {
	t.Parallel()
	var table struct {
		Good []struct {
			Settings                                               nameSettings
			Platform, Outbound, Group, Described, Inbound, Workers string
		}
		BadSettings  []nameSettings `json:"bad_settings"`
		BadPlatforms []string       `json:"bad_platforms"`
	}
	cases(t, "names", &table)
	for _, c := range table.Good {
		n := c.Settings.names()
		got := []string{n.Outbound(c.Platform), n.Group(c.Platform), n.Platform(c.Platform), n.InboundStream, n.WorkerGroup}
		want := []string{c.Outbound, c.Group, c.Described, c.Inbound, c.Workers}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%+v: %s, expected %s", c.Settings, got[i], want[i])
			}
		}
		if err := n.Check(); err != nil {
			t.Errorf("%+v: %v", c.Settings, err)
		}
	}
	for _, s := range table.BadSettings {
		if s.names().Check() == nil {
			t.Errorf("%+v passes", s)
		}
	}
	for _, name := range table.BadPlatforms {
		if envelope.CheckPlatform(name) == nil {
			t.Errorf("platform %q passes", name)
		}
	}
}
