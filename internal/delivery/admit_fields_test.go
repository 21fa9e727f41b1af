package delivery

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/posternhq/postern/envelope"
)

// A field that nobody honours must not pass as if somebody did.
func TestEveryFieldHasSomebodyWhoHonoursIt(t *testing.T) {
	t.Parallel()
	lists := [][]string{byPlatform, ofType, byGateway}
	wire := map[string]bool{}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[envelope.Outbound]()) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		wire[name] = true
		in := 0
		for _, l := range lists {
			if slices.Contains(l, name) {
				in++
			}
		}
		if in != 1 {
			t.Errorf("%s stands in %d of the lists of who honours it, want one", name, in)
		}
	}
	for _, name := range slices.Concat(lists...) {
		if !wire[name] {
			t.Errorf("%s is in a list and not in the envelope", name)
		}
	}
}
