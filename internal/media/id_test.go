package media

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestIDs(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 100 {
		id := NewID()
		if !ValidID(id) || seen[id] {
			t.Fatalf("NewID made %q", id)
		}
		seen[id] = true
	}
	for _, id := range []string{
		"", "a", strings.Repeat("a", 31), strings.Repeat("a", 33), strings.Repeat("A", 32), strings.Repeat("1", 32),
		"../" + strings.Repeat("a", 29), strings.Repeat("a", 31) + "/", strings.Repeat("a", 31) + "\x00", strings.Repeat("ä", 16),
	} {
		if ValidID(id) {
			t.Errorf("%q passes for an id", id)
		}
	}
}

func TestDerivedIDs(t *testing.T) {
	t.Parallel()
	base := DerivedID("s/1-0", 0, "http://a/b")
	if !ValidID(base) || base != DerivedID("s/1-0", 0, "http://a/b") {
		t.Fatalf("DerivedID made %q", base)
	}
	for _, other := range []string{
		DerivedID("s/1-1", 0, "http://a/b"), DerivedID("s/1-0", 1, "http://a/b"), DerivedID("s/1-0", 0, "http://a/c"),
		DerivedID("s/1-01", 0, "http://a/b"), DerivedID("s/1-", 0, "0http://a/b"),
	} {
		if other == base {
			t.Errorf("two media have the same id %s", base)
		}
	}
}

func FuzzValidIDIsOneHarmlessName(f *testing.F) {
	for _, seed := range []string{NewID(), "../../../../../../etc/passwd0000", `..\..\`, "con", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, id string) {
		if !ValidID(id) {
			return
		}
		if filepath.Base(id) != id || !filepath.IsLocal(id) || strings.ToLower(id) != id || len(id) != 32 {
			t.Errorf("%q passes for an id", id)
		}
	})
}
