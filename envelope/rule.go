package envelope

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// checkText says what of the rule a string breaks.
func (r rule) checkText(s, at string) *Error {
	switch {
	case s == "": // as if absent
	case r.oneOf != nil && !slices.Contains(r.oneOf, s):
		return invalid(at, "expected one of %s, got %s%s", quoted(r.oneOf), describe(s), didYouMean(s, r.oneOf))
	case r.maxBytes > 0 && len(s) > r.maxBytes:
		return invalid(at, "expected at most %d bytes, got %d: %s", r.maxBytes, len(s), strconv.Quote(shorten(s, maxShown)))
	case r.web && !isWeb(s):
		return invalid(at, "expected an address that begins with https:// or http://, got one of %d bytes that does not", len(s))
	}
	return nil
}

// isWeb reports whether an address is one of http or https. The address itself
// may bear a signature, so no error shows it.
func isWeb(s string) bool {
	scheme, rest, ok := strings.Cut(s, "://")
	scheme = strings.ToLower(scheme)
	return ok && rest != "" && (scheme == "http" || scheme == "https")
}

// checkNumber says what of the rule a number breaks; got is how it stood there.
func (r rule) checkNumber(f float64, at string, got any) *Error {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return expected(at, "a finite number", got)
	}
	if r.min == 0 && r.max == 0 {
		return nil
	}
	if f > r.max || f < r.min || r.above && f == r.min {
		want := "a number of at least "
		if r.above {
			want = "a number above "
		}
		want += strconv.FormatFloat(r.min, 'f', -1, 64) + " and at most " + strconv.FormatFloat(r.max, 'f', -1, 64)
		if r.max == year9999 {
			want += " (unix seconds)"
		}
		return expected(at, want, got)
	}
	return nil
}
