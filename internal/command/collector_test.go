package command

import "testing"

func TestCollectAt(t *testing.T) {
	t.Parallel()
	for live, want := range map[uint64]int{0: 400, garbageMost / 8: 400, garbageMost / 2: 200, garbageMost: 100, 4 * garbageMost: 25, 1 << 40: 5} {
		if got := collectAt(live); got != want {
			t.Errorf("with %d bytes live: %d %%, want %d", live, got, want)
		}
	}
}
