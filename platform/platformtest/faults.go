package platformtest

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// expectation is what Do may say of a fault.
type expectation struct {
	fault Fault
	codes []envelope.Code
	sent  []platform.Sent
}

// expectations: what did not reach the platform, or was refused by it, is
// sent=no; what was not answered is never sent=no, since only the platform
// knows.
func expectations() []expectation {
	no, unsure := []platform.Sent{platform.SentNo}, []platform.Sent{platform.SentUnknown}
	open := []envelope.Code{envelope.CodeTransient, envelope.CodeUnknown}
	return []expectation{
		{FaultLimited, []envelope.Code{envelope.CodeRateLimited}, no},
		{FaultBroken, open, []platform.Sent{platform.SentNo, platform.SentUnknown}},
		{FaultAuth, []envelope.Code{envelope.CodeAuth}, no},
		{FaultMissing, []envelope.Code{envelope.CodeNotFound}, no},
		{FaultRefused, []envelope.Code{envelope.CodeUnavailable}, no},
		{FaultSilent, open, unsure},
		{FaultLost, open, unsure},
	}
}

// meet has one Do meet a fault. met is false if the platform has no such one.
func meet(t testing.TB, f Fixture, fault Fault) (host *Host, met bool, err error) {
	t.Helper()
	a, peer := f.Start(t)
	host = open(t, a)
	part := f.onePart(t, a, 1)
	if !peer.Fail(fault) {
		return host, false, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if fault == FaultSilent {
		go func() {
			select {
			case <-peer.Arrived():
				cancel()
			case <-ctx.Done():
			}
		}()
	}
	_, err = a.Do(ctx, part)
	return host, true, err
}

func faultsClassed(t testing.TB, f Fixture) {
	for _, want := range expectations() {
		_, met, err := meet(t, f, want.fault)
		if !met {
			continue
		}
		if err == nil {
			t.Errorf("%s: Do succeeded", want.fault)
			continue
		}
		e := platform.AsError(err)
		if !slices.Contains(want.codes, e.Code) || !slices.Contains(want.sent, e.Sent) {
			t.Errorf("%s: %q with sent=%v; expected code %v, sent %v", want.fault, err, e.Sent, want.codes, want.sent)
		}
		if want.fault == FaultLimited && e.RetryAfter <= 0 {
			t.Errorf("%s: the platform said how long to wait, the error does not", want.fault)
		}
		if e.Message == "" {
			t.Errorf("%s: the error has no message", want.fault)
		}
	}
}

// faultLostThenAgain is the open case of every gateway: the platform acted
// and we do not know. With a key of its own, sending again is safe.
func faultLostThenAgain(t testing.TB, f Fixture) {
	a, peer := f.Start(t)
	open(t, a)
	part := f.onePart(t, a, 1)
	if !peer.Fail(FaultLost) {
		return
	}
	if _, err := doPart(a, part); err == nil {
		t.Error("Do succeeded although the answer was lost")
	}
	expectEffects(t, peer, "text number 1")
	if !a.Capabilities().NativeKey {
		return
	}
	if _, err := doPart(a, part); err != nil {
		t.Errorf("sent again: %v", err)
	}
	expectEffects(t, peer, "text number 1")
}

func secretsKept(t testing.TB, f Fixture) {
	for _, want := range expectations() {
		host, met, err := meet(t, f, want.fault)
		if !met {
			continue
		}
		for _, secret := range f.Secrets {
			if err != nil && strings.Contains(err.Error(), secret) {
				t.Errorf("%s: the error tells a secret: %v", want.fault, err)
			}
			if strings.Contains(host.Logged(), secret) {
				t.Errorf("%s: the log tells a secret: %s", want.fault, host.Logged())
			}
		}
	}
}
