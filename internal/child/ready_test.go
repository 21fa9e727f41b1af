package child

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestUntil(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		if err := Until(t.Context(), "it is there", func() error {
			if asked++; asked < 3 {
				return errors.New("not yet")
			}
			return nil
		}); err != nil || asked != 3 {
			t.Errorf("asked %d times, %v", asked, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := Until(ctx, "it is there", func() error { return errors.New("never") })
		if err == nil || !strings.Contains(err.Error(), "it is there") || !strings.Contains(err.Error(), "never") {
			t.Errorf("%v; want what was waited for, and why not", err)
		}
	})
}
