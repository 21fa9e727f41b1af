package platformtest

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestGoodAdapterPasses: the suite asks for nothing that cannot be done.
func TestGoodAdapterPasses(t *testing.T) {
	f, _ := fixture(flaws{})
	Run(t, f)
}

// TestFlawsAreFound: each check fails for an adapter that breaks its promise.
func TestFlawsAreFound(t *testing.T) {
	for i, c := range []struct {
		check string
		flaws flaws
	}{
		{"capabilities are consistent", flaws{levelOutOfRange: true}},
		{"capabilities stay the same", flaws{capabilitiesChange: true}},
		{"plan is pure", flaws{plansByClock: true}},
		{"plan is pure", flaws{sendsWhilePlanning: true}},
		{"plan makes numbered, storable parts", flaws{partsGoElsewhere: true}},
		{"plan refuses a type that is not honoured", flaws{takesAnyType: true}},
		{"plan shows a stream whatever it begins with", flaws{wantsWords: true}},
		{"an edit tells what it took away", flaws{hidesWhatIsGone: true}},
		{"an edit leaves what is gone its place", flaws{forgetsPlaces: true}},
		{"plan refuses a medium that is not honoured", flaws{takesAnyMedium: true}},
		{"plan refuses what has no target", flaws{takesNoTarget: true}},
		{"open becomes ready", flaws{neverReady: true}},
		{"close is safe at any time", flaws{closesOnce: true}},
		{"a lease-bound adapter opens again", flaws{opensOnce: true}},
		{"leaves no goroutine behind", flaws{leaksGoroutine: true}},
		{"another node does stored parts", flaws{keepsStateBesidePart: true}},
		{"one after the other stays in order", flaws{reorders: true}},
		{"many at once all arrive", flaws{losesOneOfMany: true}},
		{"nothing is sent under an ended context", flaws{ignoresContext: true}},
		{"no byte leaves without a permit", flaws{ignoresPermit: true}},
		{"no byte leaves without a permit", flaws{sendsBeforePermit: true}},
		{"one key is one effect", flaws{forgetsKeys: true}},
		{"faults are classed", flaws{callsLostUnsent: true}},
		{"faults are classed", flaws{callsRefusedUnknown: true}},
		{"faults are classed", flaws{limitsWithoutTime: true}},
		{"a lost answer can be sent again", flaws{forgetsKeys: true}},
		{"what was lost is found", flaws{findsNothing: true}},
		{"what was lost is found", flaws{findsByText: true}},
		{"what was lost is found", flaws{findsNoID: true}},
		{"a look-up that fails tells nothing", flaws{callsFailureAbsent: true}},
		{"secrets are not told", flaws{tellsSecret: true}},
		{"secrets are not told", flaws{logsSecret: true}},
		{"a stranger's callback publishes nothing", flaws{takesStrangers: true}},
	} {
		t.Run(fmt.Sprintf("%d %s", i, c.check), func(t *testing.T) {
			run := checkNamed(t, c.check)
			f, release := fixture(c.flaws)
			defer release()
			if r := record(run, f); !r.failed {
				t.Error("the check found nothing")
			}
			sound, releaseSound := fixture(flaws{})
			defer releaseSound()
			if r := record(run, sound); r.failed {
				t.Errorf("without the flaw, the check says %s", r.said.String())
			}
		})
	}
}

func checkNamed(t *testing.T, name string) func(testing.TB, Fixture) {
	t.Helper()
	for _, c := range append(checks(), check{"leaves no goroutine behind", leavesNoGoroutine}) {
		if c.name == name {
			return c.run
		}
	}
	t.Fatalf("no check is named %q", name)
	return nil
}

// recorder is a test that may fail.
type recorder struct {
	testing.TB // for what the checks do not call

	mu       sync.Mutex
	failed   bool
	said     strings.Builder
	cleanups []func()
}

// record runs a check to its end, or to its first Fatalf.
func record(run func(testing.TB, Fixture), f Fixture) *recorder {
	r := &recorder{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		run(r, f)
	}()
	<-done
	for i := len(r.cleanups) - 1; i >= 0; i-- {
		r.cleanups[i]()
	}
	return r
}

func (r *recorder) Helper() {}

func (r *recorder) Cleanup(f func()) { r.cleanups = append(r.cleanups, f) }

func (r *recorder) Error(args ...any) { r.fail(fmt.Sprintln(args...)) }

func (r *recorder) Errorf(format string, args ...any) { r.fail(fmt.Sprintf(format, args...)) }

func (r *recorder) Fatalf(format string, args ...any) {
	r.fail(fmt.Sprintf(format, args...))
	runtime.Goexit()
}

func (r *recorder) fail(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed = true
	r.said.WriteString(text + "\n")
}
