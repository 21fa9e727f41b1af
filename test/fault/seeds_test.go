package fault

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/posternhq/postern/test/fault/coverage"
	"github.com/posternhq/postern/test/harness"
)

// asked is what the command line asks for; see make soak.
type asked struct {
	seeds, from uint64
	profile     string
	jobs        int
	budget      time.Duration
	artifacts   string
}

// request and program are set once, before any test runs.
var (
	request asked
	program harness.Program
)

func TestMain(m *testing.M) {
	flag.Uint64Var(&request.seeds, "seeds", 1, "how many seeds of each profile")
	flag.Uint64Var(&request.from, "from", 1, "the first seed")
	flag.StringVar(&request.profile, "profile", "all", "all, or names with commas between")
	flag.IntVar(&request.jobs, "jobs", 1, "how many at once")
	flag.DurationVar(&request.budget, "budget", 150*time.Second, "after this, none is begun any more; 0 = all are")
	flag.Parse()
	request.artifacts = os.Getenv("POSTERN_ARTIFACTS")
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "postern-fault-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	if program, err = harness.BuildPackage(dir, "github.com/posternhq/postern/test/fault/gateway"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// turn is one run to make.
type turn struct {
	seed    uint64
	profile Profile
}

// turns are the runs that are asked for, seed by seed, so that the first ones
// have seen every profile. Each profile begins at another seed, so that few of
// them have seen every topology.
func (a asked) turns() ([]turn, error) {
	profiles := Profiles()
	if a.profile != "all" {
		wanted := strings.Split(a.profile, ",")
		profiles = slices.DeleteFunc(profiles, func(p Profile) bool { return !slices.Contains(wanted, p.Name) })
		if len(profiles) != len(wanted) {
			return nil, fmt.Errorf("-profile %s: not all of them are known", a.profile)
		}
	}
	var out []turn
	for i := range a.seeds {
		for at, p := range profiles {
			seed := a.from + i
			if a.seeds == 1 && len(profiles) > 1 {
				seed += uint64(at)
			}
			out = append(out, turn{seed, p})
		}
	}
	if len(out) == 0 {
		return nil, errors.New("-seeds 0: nothing to run")
	}
	return out, nil
}

// Each seed on each profile: no promise is broken, whatever goes wrong.
func TestSeeds(t *testing.T) {
	t.Parallel()
	turns, err := request.turns()
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	var total total
	queue := make(chan turn)
	var jobs sync.WaitGroup
	for range max(1, request.jobs) {
		jobs.Go(func() {
			for next := range queue {
				t.Run(fmt.Sprintf("%s/%d", next.profile.Name, next.seed), func(t *testing.T) { total.add(t, next) })
			}
		})
	}
	for _, next := range turns {
		if request.budget > 0 && time.Since(begun) > request.budget {
			t.Logf("the budget of %v is used up after %d of %d runs", request.budget, total.runs, len(turns))
			break
		}
		queue <- next
	}
	close(queue)
	jobs.Wait()
	t.Logf("\n%s", &total)
}

// total sums up runs.
type total struct {
	mu                                     sync.Mutex
	runs, entries, faults, broken, residue int
	coverage                               *coverage.Coverage
	failed                                 []string
}

func (s *total) add(t *testing.T, next turn) {
	o := Play(t, program, next.seed, next.profile)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.runs++
	s.entries += o.Report.Tally.Entries
	s.faults += len(o.Plan)
	s.broken += o.Broken()
	s.residue += len(o.Report.Residue)
	if s.coverage == nil {
		s.coverage = o.Coverage
	} else {
		s.coverage.Merge(o.Coverage)
	}
	t.Log(o.Line())
	if o.Broken() == 0 {
		return
	}
	s.failed = append(s.failed, o.Again())
	t.Error(o.Story(shown))
	if request.artifacts != "" {
		if at, err := o.Keep(request.artifacts); err != nil {
			t.Error(err)
		} else {
			t.Logf("the evidence is in %s", at)
		}
	}
}

func (s *total) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Sprintf("%s\n%d runs, %d entries, %d faults, %d cases of the residue, %d broken promises\n%s",
		s.coverage, s.runs, s.entries, s.faults, s.residue, s.broken, strings.Join(s.failed, "\n"))
}
