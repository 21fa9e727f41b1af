package harness

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// post sends what a gateway would.
func post(t *testing.T, url, id, text string) (status int) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(`{"type":"message","channel_id":"c","text":"`+text+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	if id != "" {
		req.Header.Set("webhook-id", id)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		t.Error(err)
		return 0
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

func TestSinkTakesInTheFirstRequestOfAnID(t *testing.T) {
	t.Parallel()
	s := NewSink(t)
	s.Answer(func(Request) int { return http.StatusServiceUnavailable })
	if status := post(t, s.URL("gw-1"), "a", "one"); status != http.StatusServiceUnavailable {
		t.Errorf("a refused request: %d", status)
	}
	s.Answer(func(Request) int { return http.StatusOK })
	if status := post(t, s.URL("gw-2"), "a", "one"); status != http.StatusOK {
		t.Errorf("an accepted request: %d", status)
	}
	s.Answer(func(Request) int { return http.StatusServiceUnavailable })
	if status := post(t, s.URL("gw-2"), "a", "one"); status != http.StatusOK {
		t.Errorf("a request again after it was accepted: %d, expected the same answer", status)
	}
	if status := post(t, s.URL("gw-2"), "", "no id"); status != http.StatusBadRequest {
		t.Errorf("a request without webhook-id: %d", status)
	}
	s.AwaitCount(t, 1, time.Second)
	if r := s.AwaitText(t, "one", time.Second); r.Node != "gw-2" || r.ID != "a" || r.ChannelID != "c" {
		t.Errorf("what was taken in: %+v", r)
	}
	if n := len(s.Requests()); n != 4 {
		t.Errorf("%d requests kept, expected 4", n)
	}
}

func TestSinkHoldsUntilReleased(t *testing.T) {
	t.Parallel()
	s := NewSink(t)
	s.Hold()
	answered := make(chan int, 1)
	go func() { answered <- post(t, s.URL("gw-1"), "a", "held") }()
	select {
	case status := <-answered:
		t.Errorf("a held request was answered: %d", status)
	case <-time.After(100 * time.Millisecond):
	}
	if n := len(s.Requests()); n != 0 {
		t.Errorf("%d requests recorded while held", n)
	}
	s.Release()
	if status := <-answered; status != http.StatusOK {
		t.Errorf("after Release: %d", status)
	}
	s.AwaitText(t, "held", time.Second)
}
