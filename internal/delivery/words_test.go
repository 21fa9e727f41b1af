package delivery

import "testing"

// Every verdict and every move has a name of its own: it is a metric's label.
func TestEveryVerdictAndMoveHasAName(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for v := Send; v <= Elsewhere; v++ {
		if name := v.String(); seen[name] || name == "unnamed" {
			t.Errorf("verdict %d is called %q", v, name)
		} else {
			seen[name] = true
		}
	}
	moves := map[string]bool{}
	for m := Retry; m <= ParkNow; m++ {
		if name := m.String(); moves[name] || name == "unnamed" {
			t.Errorf("move %d is called %q", m, name)
		} else {
			moves[name] = true
		}
	}
	if Verdict(-1).String() != "unnamed" || Move(-1).String() != "unnamed" {
		t.Error("what is no verdict and no move has a name")
	}
}
