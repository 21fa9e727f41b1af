package fault

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Line is the run in a line.
func (o Outcome) Line() string {
	t := o.Report.Tally
	return fmt.Sprintf("%-8s seed %-4d %-8s %3.0fs  %d entries of %d operations, %d requests, %d effects, %d faults; "+
		"%d dead, %d expired, %d parked, %d flagged, %d lapses, %d residue: %d broken",
		o.Profile.Name, o.Seed, o.Topology, o.Took.Seconds(), t.Entries, t.Operations, t.Requests, t.Effects, o.Done,
		t.Dead, t.Expired, t.Parked, t.Flagged, o.Lapses, len(o.Report.Residue), o.Broken())
}

// Again is the command that runs the seed again.
func (o Outcome) Again() string {
	return fmt.Sprintf("make soak SEEDS=1 FROM=%d PROFILE=%s", o.Seed, o.Profile.Name)
}

// shown bounds the broken promises that a failure shows: the first ones tell
// the story, and the artefacts have them all.
const shown = 5

// Story is the plan, what is stuck, and what is broken, up to so many.
func (o Outcome) Story(most int) string {
	var b strings.Builder
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(&b, format+"\n", args...) }
	say("again: %s", o.Again())
	for _, f := range o.Plan {
		say("  %s", f)
	}
	if o.Stuck != "" {
		say("STUCK: %s", o.Stuck)
	}
	if o.Void > 0 {
		say("VOID: Redis failed over %d times by itself, and may have lost what it acknowledged", o.Void)
	}
	if lacks := o.Lacks(); lacks != "" {
		say("TOO LITTLE: %s", lacks)
	}
	for _, e := range o.Ended {
		say("ENDED: %s", e)
	}
	for i, v := range o.Report.Broken {
		if i == most {
			say("... and %d more", len(o.Report.Broken)-i)
			break
		}
		say("%s", v)
	}
	return b.String()
}

// Keep writes the whole story and the evidence below the folder, and returns
// where. Times are of this machine.
func (o Outcome) Keep(folder string) (string, error) {
	at := filepath.Join(folder, fmt.Sprintf("%s-%d-%s", o.Profile.Name, o.Seed, time.Now().Format("150405")))
	if err := os.MkdirAll(at, 0o755); err != nil {
		return "", fmt.Errorf("keep the evidence: %w", err)
	}
	evidence, err := json.MarshalIndent(o.History, "", " ")
	if err != nil {
		return "", fmt.Errorf("keep the evidence: %w", err)
	}
	story := o.Line() + "\n" + o.Story(len(o.Report.Broken)) + "\n" + o.Coverage.String()
	for name, data := range map[string][]byte{"story.txt": []byte(story), "history.json": evidence} {
		if err := os.WriteFile(filepath.Join(at, name), data, 0o600); err != nil {
			return "", fmt.Errorf("keep the evidence: %w", err)
		}
	}
	return at, nil
}
