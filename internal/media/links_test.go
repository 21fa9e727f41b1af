package media

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestLinks(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_700_000_000, 0)
	links := testLinks(func() time.Time { return now })
	id, other := NewID(), NewID()
	link, err := links.Sign(t.Context(), id, time.Minute)
	if err != nil || !strings.HasPrefix(link, "https://chat.example.com/v1/media/"+id+"?exp=1700000060&sig=") {
		t.Fatalf("signed: %s, %v", link, err)
	}
	u, err := url.Parse(link)
	must(t, err)
	good := u.Query()
	with := func(name, value string) url.Values {
		q := url.Values{"exp": good["exp"], "sig": good["sig"]}
		q.Set(name, value)
		return q
	}
	sig := good.Get("sig")
	for name, tt := range map[string]struct {
		id    string
		query url.Values
		want  error
	}{
		"as signed":          {id, good, nil},
		"for another file":   {other, good, errForged},
		"a later end":        {id, with("exp", "1700009999"), errForged},
		"the end, as +":      {id, with("exp", "+1700000060"), errForged},
		"the end, as 0":      {id, with("exp", "01700000060"), errForged},
		"no end":             {id, with("exp", ""), errForged},
		"no signature":       {id, with("sig", ""), errForged},
		"half a signature":   {id, with("sig", sig[:20]), errForged},
		"a bit of it turned": {id, with("sig", "A"+sig[1:]), errForged},
		"more than it":       {id, with("sig", sig+"AAAA"), errForged},
		"not base64":         {id, with("sig", "!!!"), errForged},
		"nothing":            {id, nil, errForged},
	} {
		if name == "a bit of it turned" && sig[0] == 'A' {
			tt.query = with("sig", "B"+sig[1:])
		}
		if err := links.check(t.Context(), tt.id, tt.query); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
	now = now.Add(59 * time.Second)
	if err := links.check(t.Context(), id, good); err != nil {
		t.Errorf("in its last second: %v", err)
	}
	now = now.Add(time.Second)
	if err := links.check(t.Context(), id, good); !errors.Is(err, errExpired) {
		t.Errorf("after its end: %v", err)
	}
}

func TestLinksOfAnotherSecret(t *testing.T) {
	t.Parallel()
	theirs := NewLinks("", func(context.Context) ([]byte, error) { return []byte("guess"), nil }, time.Now)
	id := NewID()
	link, err := theirs.Sign(t.Context(), id, time.Hour)
	if err != nil || !strings.HasPrefix(link, Path+"/") {
		t.Fatalf("signed: %s, %v", link, err)
	}
	u, err := url.Parse(link)
	must(t, err)
	if err := testLinks(time.Now).check(t.Context(), id, u.Query()); !errors.Is(err, errForged) {
		t.Errorf("another's signature: %v", err)
	}
}

func TestLinksWithoutTheirSecret(t *testing.T) {
	t.Parallel()
	away := NewLinks("", func(context.Context) ([]byte, error) { return nil, errors.New("redis is away") }, time.Now)
	if link, err := away.Sign(t.Context(), NewID(), time.Hour); err == nil {
		t.Errorf("signed: %s", link)
	}
	if err := away.check(t.Context(), NewID(), nil); err == nil || errors.Is(err, errForged) {
		t.Errorf("checked: %v", err)
	}
	if link := newStore(t, func(c *Config) { c.Links = away }).Link(NewID(), time.Hour); link != "" {
		t.Errorf("linked: %s", link)
	}
}
