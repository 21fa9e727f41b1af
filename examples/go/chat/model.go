package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/posternhq/postern/worker"
)

// model is a language model behind an OpenAI-compatible endpoint.
type model struct{ base, name, key string }

type turn struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

type question struct {
	Model    string `json:"model"`
	Messages []turn `json:"messages"`
	Stream   bool   `json:"stream"`
}

// chunk is one event of the answer.
type chunk struct {
	Choices []struct {
		Delta struct {
			Content string `json:"content"`
		} `json:"delta"`
	} `json:"choices"`
}

// answer writes the tokens of the model's answer to out as they come. An error
// that asking again would not cure is permanent.
func (m model) answer(ctx context.Context, text string, out io.Writer) error {
	body, err := json.Marshal(question{Model: m.name, Messages: []turn{{"user", text}}, Stream: true})
	if err != nil {
		return worker.Permanent(err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, m.base+"/chat/completions", bytes.NewReader(body))
	if err != nil {
		return worker.Permanent(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if m.key != "" {
		req.Header.Set("Authorization", "Bearer "+m.key)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("ask the model: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return refusal(resp)
	}
	return tokens(resp.Body, out)
}

// tokens copies what server-sent events bring, until the one that says it is
// all.
func tokens(events io.Reader, out io.Writer) error {
	lines := bufio.NewScanner(events)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data:")
		if data = strings.TrimSpace(data); !ok || data == "" {
			continue // a comment, another field, the end of an event
		}
		if data == "[DONE]" {
			return nil
		}
		var c chunk
		if err := json.Unmarshal([]byte(data), &c); err != nil {
			return fmt.Errorf("read the model's answer: %w", err)
		}
		for _, choice := range c.Choices {
			if _, err := io.WriteString(out, choice.Delta.Content); err != nil {
				return err
			}
		}
	}
	return errors.Join(errors.New("the model's answer broke off"), lines.Err())
}

// refusal is the error of an answer that is none.
func refusal(resp *http.Response) error {
	excerpt, _ := io.ReadAll(io.LimitReader(resp.Body, 500)) // what there is of it
	err := fmt.Errorf("the model's endpoint answered %s: %s", resp.Status, excerpt)
	if resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode >= 500 {
		return err
	}
	return worker.Permanent(err)
}
