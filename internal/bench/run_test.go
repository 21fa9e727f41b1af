package bench

import (
	"testing"

	"github.com/posternhq/postern/internal/redistest"
)

// TestRunLeavesNothing: on a Redis that was given only the namespace of its own
// is touched, and that is empty afterwards.
func TestRunLeavesNothing(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	client := server.Client()
	if err := client.Set(t.Context(), "somebody's", "value", 0).Err(); err != nil {
		t.Fatal(err)
	}
	report, err := Run(t.Context(), Plan{URL: server.URL(), Only: []string{"start"}, Runs: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range report.Rows {
		if row.Min <= 0 || row.Min > row.Median || row.Median > row.Max {
			t.Errorf("%+v", row)
		}
	}
	if len(report.Rows) != 2 {
		t.Errorf("%d rows; want 2", len(report.Rows))
	}
	if keys := client.Keys(t.Context(), "*").Val(); len(keys) != 1 || keys[0] != "somebody's" {
		t.Errorf("left in Redis: %q", keys)
	}
}

// TestGroupsFinish: few messages do for each of these to come to its rows.
func TestGroupsFinish(t *testing.T) {
	t.Parallel()
	report, err := Run(t.Context(), Plan{Only: []string{"lanes", "kinds", "rpc", "memory"}, Runs: 1, Messages: 100})
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]int{}
	for _, row := range report.Rows {
		rows[row.Group]++
		if row.Median <= 0 && row.Group != "Memory" && row.Unit != "µs" { // of so few, the processor's time may be none
			t.Errorf("%+v", row)
		}
	}
	for group, n := range map[string]int{"Drain by conversations": 5, "Drain by kind": 4, "RPC": 2, "Memory": 2} {
		if rows[group] != n {
			t.Errorf("%s has %d rows; want %d", group, rows[group], n)
		}
	}
}

func TestRunRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	if _, err := Run(t.Context(), Plan{Only: []string{"nonsense"}}); err == nil {
		t.Error("it measures nonsense")
	}
}
