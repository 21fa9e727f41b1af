package sealed

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func newBox(t interface{ Fatalf(string, ...any) }, secret byte) *Box {
	b, err := New(bytes.Repeat([]byte{secret}, 32))
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return b
}

var end = time.Unix(1_800_000_000, 0)

func TestOpensWhatItSealed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.SliceOf(rapid.Byte()).Draw(t, "value")
		left := time.Duration(rapid.IntRange(0, 1e6).Draw(t, "seconds")) * time.Second
		id := newBox(t, 1).Seal(value, end)
		got, err := newBox(t, 1).Open(id, end.Add(-left))
		if err != nil || !bytes.Equal(got, value) {
			t.Fatalf("another node opened %q as %q, %v; want %q", id, got, err, value)
		}
		if again := newBox(t, 1).Seal(value, end); again != id {
			t.Fatalf("sealed again it is %q and not %q", again, id)
		}
	})
}

func TestKeepsAndForgets(t *testing.T) {
	t.Parallel()
	secret := "aW50ZXJhY3Rpb24tdG9rZW4"
	id := newBox(t, 1).Seal([]byte(secret), end)
	if strings.Contains(id, secret) {
		t.Errorf("the id shows what is in it: %s", id)
	}
	if _, err := newBox(t, 1).Open(id, end.Add(time.Second)); !errors.Is(err, ErrExpired) {
		t.Errorf("after its end: %v; want ErrExpired", err)
	}
	if _, err := newBox(t, 2).Open(id, end); !errors.Is(err, ErrForeign) {
		t.Errorf("with another secret: %v; want ErrForeign", err)
	}
	if _, err := New([]byte("short")); err == nil {
		t.Error("a short secret was taken")
	}
}

// No letter of an id can be changed, and none be missing.
func TestRefusesWhatWasChanged(t *testing.T) {
	t.Parallel()
	b := newBox(t, 1)
	id := b.Seal([]byte("token"), end)
	for i := range id {
		for _, other := range []string{id[:i], id[:i] + "A" + id[i+1:], id[:i] + "_" + id[i+1:]} {
			if other == id {
				continue
			}
			// Of the last letter, some bits are no part of the bytes.
			if got, err := b.Open(other, end); err == nil && i != len(id)-1 {
				t.Errorf("%q was opened as %q", other, got)
			}
		}
	}
}

func FuzzOpen(f *testing.F) {
	b := newBox(f, 1)
	f.Add("")
	f.Add("1")
	f.Add("1AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Fuzz(func(t *testing.T, id string) {
		if got, err := b.Open(id, end); err == nil {
			t.Errorf("%q, which nobody sealed, was opened as %q", id, got)
		}
	})
}
