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
	flag.DurationVar(&request.budget, "budget", 80*time.Second, "after this, none is begun any more; 0 = all are")
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
	var sum Summary
	queue := make(chan turn)
	var jobs sync.WaitGroup
	for range max(1, request.jobs) {
		jobs.Go(func() {
			for next := range queue {
				again(t, next, &sum)
			}
		})
	}
	for _, next := range turns {
		if request.budget > 0 && time.Since(begun) > request.budget {
			t.Logf("the budget of %v is used up after %d of %d runs", request.budget, sum.Runs(), len(turns))
			break
		}
		queue <- next
	}
	close(queue)
	jobs.Wait()
	t.Logf("\n%s", &sum)
	if never := sum.Never(enough); len(never) > 0 {
		t.Errorf("%d runs of a profile and more have never shown\n%s", enough, strings.Join(never, "\n"))
	}
}

// tries bounds how often a run is made that is void: it shows nothing. On a
// machine that has too much to do Redis fails over by itself.
const tries = 3

// again makes a run until it is not void.
func again(t *testing.T, next turn, sum *Summary) {
	for n := 1; ; n++ {
		void := false
		t.Run(fmt.Sprintf("%s/%d", next.profile.Name, next.seed), func(t *testing.T) {
			o := Play(t, program, next.seed, next.profile)
			if void = o.Void > 0 && n < tries; void {
				t.Logf("%s\nvoid, and made again: Redis failed over %d times by itself", o.Line(), o.Void)
				return
			}
			sum.Add(o)
			judge(t, o)
		})
		if !void {
			return
		}
	}
}

// judge fails the test if the run did not pass.
func judge(t *testing.T, o Outcome) {
	t.Helper()
	t.Log(o.Line())
	if o.Passed() {
		return
	}
	t.Error(o.Story(shown))
	if request.artifacts == "" {
		return
	}
	at, err := o.Keep(request.artifacts)
	if err != nil {
		t.Error(err)
	}
	t.Logf("the evidence is in %s", at)
}
