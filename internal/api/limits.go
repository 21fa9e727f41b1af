package api

import (
	"fmt"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/netaddr"
)

// mostLimits bounds how many callers are told apart. The next ones share one
// limit until some have been quiet: a flood of addresses costs no more memory.
const mostLimits = 10_000

// limits counts requests per caller: a rate a second, and twice that at once.
type limits struct {
	now  func() time.Time
	rate int // where a caller has none of its own; 0 = no limit

	mutex    sync.Mutex
	callers  map[string]*rate.Limiter
	overflow *rate.Limiter
	cleaned  time.Time // when the quiet ones were last looked for
}

func newLimits(now func() time.Time) *limits {
	return &limits{now: now, callers: map[string]*rate.Limiter{}}
}

// every sets the rate of callers that have none of their own.
func (l *limits) every(perSecond int) *limits {
	l.rate = perSecond
	return l
}

// take counts one request, or says when the next may come. perSecond 0 is the
// rate of all.
func (l *limits) take(caller string, perSecond int) *envelope.Error {
	if perSecond == 0 {
		perSecond = l.rate
	}
	if perSecond == 0 {
		return nil
	}
	now := l.now()
	wait := l.limiter(caller, perSecond, now).ReserveN(now, 1)
	delay := wait.DelayFrom(now)
	if delay <= 0 {
		return nil
	}
	wait.CancelAt(now)
	return &envelope.Error{
		Code: envelope.CodeRateLimited, Message: fmt.Sprintf("more than %d requests a second, see http.rate in the config", perSecond),
		RetryAfter: delay.Seconds(),
	}
}

func (l *limits) limiter(caller string, perSecond int, now time.Time) *rate.Limiter {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if known, ok := l.callers[caller]; ok {
		return known
	}
	fresh := rate.NewLimiter(rate.Limit(perSecond), 2*perSecond)
	if len(l.callers) >= mostLimits && now.Sub(l.cleaned) >= time.Second {
		l.forget(now)
	}
	if len(l.callers) < mostLimits {
		l.callers[caller] = fresh
		return fresh
	}
	if l.overflow == nil {
		l.overflow = fresh
	}
	return l.overflow
}

// forget drops the callers that have been quiet long enough to begin anew.
func (l *limits) forget(now time.Time) {
	l.cleaned = now
	for caller, limiter := range l.callers {
		if limiter.TokensAt(now) >= float64(limiter.Burst()) {
			delete(l.callers, caller)
		}
	}
}

// address is who calls, as far as the connection tells: what a header says is
// not believed.
func address(r *http.Request) string { return netaddr.Caller(r.RemoteAddr) }
