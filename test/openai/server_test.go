package openai

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const question = `{"model":"m","stream":true,"messages":[{"role":"user","content":"two words"}]}`

// ask posts a body; the answer's body is closed with the test.
func ask(t *testing.T, s *Server, body string) *http.Response {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/chat/completions", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer key")
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = response.Body.Close() })
	return response
}

// read takes an answer in as a client would.
func read(t *testing.T, body io.Reader) (text string, done bool, err error) {
	t.Helper()
	lines := bufio.NewScanner(body)
	for lines.Scan() {
		data, isData := strings.CutPrefix(lines.Text(), "data: ")
		if !isData {
			continue
		}
		if data == "[DONE]" {
			done = true
			continue
		}
		var chunk struct {
			Choices []struct{ Delta struct{ Content string } }
		}
		if err := json.Unmarshal([]byte(data), &chunk); err != nil {
			t.Fatalf("chunk %s: %v", data, err)
		}
		text += chunk.Choices[0].Delta.Content
	}
	return text, done, lines.Err()
}

func TestAnEchoUnlessToldOtherwise(t *testing.T) {
	t.Parallel()
	s := Start(t)
	text, done, err := read(t, ask(t, s, question).Body)
	if text != Echo("two words") || !done || err != nil {
		t.Errorf("read %q, done %v, %v", text, done, err)
	}
	if got := s.Requests(); len(got) != 1 || got[0].Authorization != "Bearer key" || got[0].Messages[0].Content != "two words" {
		t.Errorf("kept requests: %+v", got)
	}
}

func TestRepliesInTheirOrder(t *testing.T) {
	t.Parallel()
	s := Start(t)
	open := make(chan struct{})
	close(open)
	s.Reply(
		Reply{Status: http.StatusTooManyRequests, RetryAfter: 2 * time.Second},
		Reply{Tokens: []string{"grün", "e Äpfel"}, Hold: open, Pace: time.Millisecond},
	)
	refused := ask(t, s, question)
	body, _ := io.ReadAll(refused.Body)
	if refused.StatusCode != http.StatusTooManyRequests || refused.Header.Get("Retry-After") != "2" || !strings.Contains(string(body), "rate_limit_exceeded") {
		t.Errorf("refused with %d %v %s", refused.StatusCode, refused.Header, body)
	}
	if text, done, err := read(t, ask(t, s, question).Body); text != "grüne Äpfel" || !done || err != nil {
		t.Errorf("read %q, done %v, %v", text, done, err)
	}
}

func TestACutIsAnError(t *testing.T) {
	t.Parallel()
	s := Start(t)
	s.Reply(Reply{Tokens: []string{"half"}, Cut: true})
	if text, done, err := read(t, ask(t, s, question).Body); text != "half" || done || err == nil {
		t.Errorf("read %q, done %v, %v", text, done, err)
	}
}

func TestWhatIsNoQuestionIsRefused(t *testing.T) {
	t.Parallel()
	s := Start(t)
	for body, say := range map[string]string{
		`nonsense`: "parse",
		`{"stream":true,"messages":[{"role":"user","content":"x"}]}`: "model",
		`{"model":"m","stream":true}`:                                "messages",
		`{"model":"m","messages":[{"role":"user","content":"x"}]}`:   "stream",
	} {
		response := ask(t, s, body)
		text, _ := io.ReadAll(response.Body)
		if response.StatusCode != http.StatusBadRequest || !strings.Contains(string(text), say) {
			t.Errorf("%s: %d %s; expected 400 about %s", body, response.StatusCode, text, say)
		}
	}
}
