package bus

import (
	"cmp"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestID(t *testing.T) {
	t.Parallel()
	number := rapid.OneOf(rapid.Uint64(), rapid.Uint64Range(0, 3)) // often equal
	rapid.Check(t, func(t *rapid.T) {
		a := ID{number.Draw(t, "ms"), number.Draw(t, "seq")}
		b := ID{number.Draw(t, "ms"), number.Draw(t, "seq")}
		if back, err := ParseID(a.String()); err != nil || back != a {
			t.Errorf("%s reads back as %s, %v", a, back, err)
		}
		want := cmp.Compare(a.MS, b.MS)
		if want == 0 {
			want = cmp.Compare(a.Seq, b.Seq)
		}
		if got := a.Compare(b); got != want || b.Compare(a) != -want {
			t.Errorf("%s compared to %s: %d; want %d", a, b, got, want)
		}
	})
}

func TestParseID(t *testing.T) {
	t.Parallel()
	if id, err := ParseID("1700000000000"); err != nil || id != (ID{1700000000000, 0}) || !id.Time().Equal(time.UnixMilli(1700000000000)) {
		t.Errorf("without a sequence: %v, %v", id, err)
	}
	for _, bad := range []string{"", "-", "1-", "-1", "1-2-3", "+", "$", "a-b", "18446744073709551616-0"} {
		if id, err := ParseID(bad); err == nil {
			t.Errorf("%q was read as %s", bad, id)
		}
	}
}
