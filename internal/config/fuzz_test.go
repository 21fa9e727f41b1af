package config

import (
	"strings"
	"testing"
)

// A config that is accepted keeps its invariants, whatever was written; what
// is refused is refused with a place.
func FuzzParse(f *testing.F) {
	f.Add([]byte(full), "POSTERN_DELIVERY_LEASE", "2s")
	f.Add([]byte("platforms: [{name: a, kind: webhook, url: x}]"), "POSTERN_PLATFORMS__0__URL", "y")
	f.Add([]byte("a: &x [*x, *x]"), "POSTERN_PLATFORMS__7__NAME", "late")
	f.Add([]byte("? [a]\n: - b\n<<: {x: !!int 1}\n--- |\n x"), "POSTERN_", "")
	f.Fuzz(func(t *testing.T, data []byte, variable, value string) {
		c, _, err := Parse("f.yaml", data, []string{variable + "=" + value}, testKinds())
		if err != nil {
			for line := range strings.SplitSeq(err.Error(), "\n") {
				if line == "" {
					t.Fatalf("an empty line in %q", err)
				}
			}
			return
		}
		if c.Delivery.Lease <= 0 || c.Delivery.InFlight < 1 || c.Names().Check() != nil {
			t.Fatalf("accepted %+v", c)
		}
		seen := map[string]bool{}
		for _, p := range c.Platforms {
			if seen[p.Name] || p.Name == "" || p.Kind == "" {
				t.Fatalf("accepted platforms %+v", c.Platforms)
			}
			seen[p.Name] = true
		}
	})
}
