package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/posternhq/postern/internal/api"
	"github.com/posternhq/postern/internal/config"
	"github.com/posternhq/postern/internal/redistest"
	"github.com/posternhq/postern/platform"
)

// object is a JSON object.
type object = map[string]any

// contract is the OpenAPI description, and what of it was seen to be true.
type contract struct {
	t     *testing.T
	paths object
	seen  map[string]bool // "GET /healthz 200"
}

func readContract(t *testing.T) *contract {
	t.Helper()
	data, err := api.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	var document object
	if err := json.Unmarshal(data, &document); err != nil {
		t.Fatal(err)
	}
	whole, ok := inlined(t, document, document).(object)
	if !ok || whole["openapi"] != "3.1.0" {
		t.Fatalf("it is not OpenAPI 3.1: %v", whole["openapi"])
	}
	return &contract{t: t, paths: whole["paths"].(object), seen: map[string]bool{}}
}

// inlined is part of a document, each reference in it replaced by what it
// names.
func inlined(t *testing.T, document object, part any) any {
	t.Helper()
	switch v := part.(type) {
	case object:
		if ref, ok := v["$ref"].(string); ok {
			var target any = document
			for step := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
				parent, ok := target.(object)
				if target = parent[step]; !ok || target == nil {
					t.Fatalf("%s leads nowhere", ref)
				}
			}
			return inlined(t, document, target)
		}
		out := object{}
		for k, x := range v {
			out[k] = inlined(t, document, x)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = inlined(t, document, x)
		}
		return out
	}
	return part
}

// holds checks an answer against the operation's description.
func (c *contract) holds(method, path string, resp *http.Response, body []byte) {
	c.t.Helper()
	what := fmt.Sprint(method, " ", path, " ", resp.StatusCode)
	operations, _ := c.paths[path].(object)
	operation, _ := operations[strings.ToLower(method)].(object)
	responses, _ := operation["responses"].(object)
	response, ok := responses[fmt.Sprint(resp.StatusCode)].(object)
	if !ok {
		if responses["default"] == nil {
			c.t.Errorf("%s is not described; it was answered %s", what, body)
		}
		return
	}
	c.seen[what] = true
	if resp.Header.Get("X-Request-Id") == "" {
		c.t.Errorf("%s bears no X-Request-Id", what)
	}
	headers, _ := response["headers"].(object)
	for name, h := range headers {
		pattern, _ := h.(object)["schema"].(object)["pattern"].(string)
		if value := resp.Header.Get(name); value == "" || !regexp.MustCompile(pattern).MatchString(value) {
			c.t.Errorf("%s bears %s %q", what, name, value)
		}
	}
	content, _ := response["content"].(object)
	if len(content) == 0 {
		return
	}
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	described, ok := content[kind].(object)
	if !ok {
		if content["*/*"] == nil {
			c.t.Errorf("%s has the content type %q, none of %v", what, kind, slices.Collect(maps.Keys(content)))
		}
		return
	}
	if kind == "application/json" {
		c.validates(what, described["schema"], body)
	}
}

func (c *contract) validates(what string, schema any, body []byte) {
	c.t.Helper()
	text, err := json.Marshal(schema)
	if err != nil {
		c.t.Fatal(err)
	}
	var s jsonschema.Schema
	if err := json.Unmarshal(text, &s); err != nil {
		c.t.Fatalf("%s: the schema: %v", what, err)
	}
	resolved, err := s.Resolve(nil)
	if err != nil {
		c.t.Fatalf("%s: the schema: %v", what, err)
	}
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		c.t.Errorf("%s: %q: %v", what, body, err)
	} else if err := resolved.Validate(value); err != nil {
		c.t.Errorf("%s: %s: %v", what, body, err)
	}
}

// unseen are the statuses described that nothing was answered with.
func (c *contract) unseen() []string {
	var out []string
	for path, operations := range c.paths {
		for method, operation := range operations.(object) {
			for status := range operation.(object)["responses"].(object) {
				what := strings.ToUpper(method) + " " + path + " " + status
				if status != "default" && !c.seen[what] {
					out = append(out, what)
				}
			}
		}
	}
	slices.Sort(out)
	return out
}

// ask makes a request and holds the answer to the contract.
func (c *contract) ask(n *node, method, template, path string, body string, headers ...string) (int, []byte) {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, "http://"+n.Addr()+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	client := http.Client{
		Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	c.holds(method, template, resp, data)
	return resp.StatusCode, data
}

// until asks again until a status comes; what comes before is held as well.
func (c *contract) until(status int, n *node, method, template, path string, headers ...string) {
	c.t.Helper()
	var last int
	await(c.t, fmt.Sprint(template, " ", status), func() bool {
		last, _ = c.ask(n, method, template, path, "", headers...)
		return last == status
	}, func() any { return last })
}

// shut is an adapter with hooks and pages that never opens.
type shut struct{ paged }

func (shut) ServeHook(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) }

func TestRoutesAreDescribed(t *testing.T) {
	t.Parallel()
	c := readContract(t)
	n := startNode(t, redistest.Start(t).URL(), "n1", nil)
	routes, err := n.routes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	mounted := map[string]bool{}
	for _, route := range routes {
		method, path, ok := strings.Cut(route.Pattern, " ")
		if !ok {
			method, path = "", route.Pattern
		}
		path = strings.NewReplacer("{$}", "", "{rest...}", "{rest}").Replace(path)
		operations, described := c.paths[path].(object)
		if !described || method != "" && operations[strings.ToLower(method)] == nil {
			t.Errorf("%s is not described", route.Pattern)
		}
		for name := range operations {
			if method == "" || strings.EqualFold(method, name) {
				mounted[strings.ToUpper(name)+" "+path] = true
			}
		}
	}
	for path, operations := range c.paths {
		for method := range operations.(object) {
			if !mounted[strings.ToUpper(method)+" "+path] {
				t.Errorf("%s %s is described and not there", strings.ToUpper(method), path)
			}
		}
	}
}

// Every status that is described is answered, as described.
func TestAnswersAreAsDescribed(t *testing.T) {
	t.Parallel()
	c := readContract(t)
	server := redistest.Start(t)
	closed := shut{newPaged()}
	closed.onOpen = func(ctx context.Context, _ platform.Host, _ int) error { <-ctx.Done(); return ctx.Err() }
	chat, hook := newPaged(), newFake()
	n := startNode(t, server.URL(), "n1", map[string]platform.Adapter{"chat": chat, "hook": hooked{hook}, "shut": closed}, guarded(t))
	chat.await(t, "opened")
	hook.await(t, "opened")
	const all, few, other = "Bearer all", "Bearer few", "Bearer other"
	const auth, kind = "Authorization", "Content-Type"
	const gif = "GIF89a\x01\x00\x01\x00\x00\x00\x00;"

	// Publishing.
	const outbound = "/v1/outbound/{platform}"
	const hello = `{"type":"message","channel_id":"lobby","text":"hello"}`
	post := func(path, body string, headers ...string) (int, []byte) {
		t.Helper()
		return c.ask(n, "POST", outbound, "/v1/outbound/"+path, body, headers...)
	}
	for _, tt := range []struct {
		path, body string
		headers    []string
		want       int
	}{
		{"chat", hello, []string{auth, all, kind, "application/json"}, 202},
		{"chat?wait=20s", hello, []string{auth, all}, 200},
		{"chat?wait=20s", `{"type":"rpc","request_id":"r1","method":"identity"}`, []string{auth, all}, 200},
		{"shut?wait=10ms", hello, []string{auth, all}, 202},
		{"chat", `{"type":"message"}`, []string{auth, all}, 400},
		{"chat", hello, nil, 401},
		{"chat", hello, []string{auth, other}, 403},
		{"nobody", hello, []string{auth, all}, 404},
		{"chat", `{"type":"message","channel_id":"c","text":"` + strings.Repeat("x", 3000) + `"}`, []string{auth, all}, 413},
	} {
		if status, body := post(tt.path, tt.body, tt.headers...); status != tt.want {
			t.Errorf("POST %s %.100s: %d, %s; want %d", tt.path, tt.body, status, body, tt.want)
		}
	}

	// Files.
	const files, file = "/v1/media", "/v1/media/{id}"
	_, kept := c.ask(n, "POST", files, files+"?filename=a.txt", "hello", auth, all, kind, "text/plain")
	var about struct{ Blob, URL string }
	if err := json.Unmarshal(kept, &about); err != nil || about.Blob == "" {
		t.Fatalf("the file kept: %s, %v", kept, err)
	}
	at := files + "/" + about.Blob
	signed := about.URL[strings.Index(about.URL, files):]
	own := files + "/" + strings.Repeat("z", len(about.Blob))
	if status, body := c.ask(n, "GET", file, signed, ""); status != 200 || string(body) != "hello" {
		t.Errorf("the signed link: %d, %s", status, body)
	}
	for _, tt := range []struct {
		method, template, path, body string
		headers                      []string
		want                         int
	}{
		{"POST", files, files, strings.Repeat("x", 2000), []string{auth, all, kind, "text/plain"}, 413},
		{"POST", files, files, "%PDF-1.4", []string{auth, all}, 400},
		{"POST", files, files, "x", nil, 401},
		{"POST", files, files, "x", []string{auth, other}, 403},
		{"PUT", file, own, "one", []string{auth, all, kind, "text/plain"}, 201},
		{"PUT", file, own, "one", []string{auth, all, kind, "text/plain"}, 200},
		{"PUT", file, own, "two", []string{auth, all, kind, "text/plain"}, 409},
		{"PUT", file, files + "/bad.id", "x", []string{auth, all}, 400},
		{"PUT", file, own, "x", nil, 401},
		{"PUT", file, own, "x", []string{auth, other}, 403},
		{"PUT", file, own, strings.Repeat("x", 2000), []string{auth, all}, 413},
		{"GET", file, at, "", []string{auth, all}, 200},
		{"GET", file, at, "", []string{auth, all, "Range", "bytes=0-1"}, 206},
		{"GET", file, at, "", []string{auth, all, "If-None-Match", "*"}, 304},
		{"GET", file, files + "/bad.id", "", []string{auth, all}, 400},
		{"GET", file, at, "", nil, 401},
		{"GET", file, at, "", []string{auth, other}, 403},
		{"GET", file, files + "/" + strings.Repeat("y", len(about.Blob)), "", []string{auth, all}, 404},
		{"GET", "/metrics", "/metrics", "", []string{auth, all}, 200},
		{"GET", "/metrics", "/metrics", "", nil, 401},
		{"GET", "/metrics", "/metrics", "", []string{auth, other}, 403},
		{"GET", "/healthz", "/healthz", "", nil, 200},
		{"GET", "/v1/openapi.json", "/v1/openapi.json", "", nil, 200},
		{"GET", "/", "/", "", nil, 302},
		{"POST", "/hooks/{platform}", "/hooks/nobody", "", nil, 404},
		{"POST", "/hooks/{platform}", "/hooks/shut", "", nil, 503},
		{"GET", "/chat/{platform}", "/chat/nobody", "", nil, 404},
		{"GET", "/chat/{platform}", "/chat/shut", "", nil, 503},
		{"GET", "/chat/{platform}/{rest}", "/chat/nobody/x", "", nil, 404},
		{"GET", "/chat/{platform}/{rest}", "/chat/shut/x", "", nil, 503},
		{"GET", "/chat/{platform}/{rest}", "/chat/chat/x", "", nil, 200},
	} {
		if status, body := c.ask(n, tt.method, tt.template, tt.path, tt.body, tt.headers...); status != tt.want {
			t.Errorf("%s %s %.100s: %d, %s; want %d", tt.method, tt.path, tt.body, status, body, tt.want)
		}
	}

	// Who asks too often, one second after the other.
	for _, at := range [][3]string{
		{"POST", outbound, "/v1/outbound/chat"}, {"POST", files, files}, {"PUT", file, own}, {"GET", file, at}, {"GET", "/metrics", "/metrics"},
	} {
		c.until(429, n, at[0], at[1], at[2], auth, few)
	}

	// A node that takes one request a second, has no pages, and a file where
	// its files should be; then its Redis ends.
	strict := redistest.Start(t)
	m := startNode(t, strict.URL(), "n2", map[string]platform.Adapter{"hook": hooked{newFake()}}, guarded(t), func(c *config.Config) {
		c.HTTP.Rate, c.Media.Dir = 1, os.Args[0]
	})
	c.until(200, m, "GET", "/readyz", "/readyz")
	c.until(429, m, "POST", "/hooks/{platform}", "/hooks/hook")
	for _, tt := range []struct {
		method, template, path, body string
		want                         int
	}{
		{"GET", "/", "/", "", 404},
		{"POST", files, files, gif, 503},
		{"PUT", file, own, gif, 503},
		{"GET", file, own, "", 503},
	} {
		if status, body := c.ask(m, tt.method, tt.template, tt.path, tt.body, auth, all); status != tt.want {
			t.Errorf("%s %s: %d, %s; want %d", tt.method, tt.path, status, body, tt.want)
		}
	}
	strict.Stop()
	c.until(503, m, "GET", "/readyz", "/readyz")
	if status, body := c.ask(m, "POST", outbound, "/v1/outbound/hook", hello, auth, all); status != 503 {
		t.Errorf("publishing without redis: %d, %s", status, body)
	}
	if unseen := c.unseen(); len(unseen) > 0 {
		t.Errorf("described, and never answered:\n%s", strings.Join(unseen, "\n"))
	}
}

// guarded gives a node tokens of each sort, and small limits.
func guarded(t *testing.T) func(*config.Config) {
	dir := t.TempDir()
	scopes := []string{"publish", "media", "metrics"}
	return func(c *config.Config) {
		c.HTTP.Tokens = []config.Token{
			{Name: "all", Token: config.NewSecret("all"), Scopes: scopes, Rate: 1000},
			{Name: "few", Token: config.NewSecret("few"), Scopes: scopes, Rate: 1},
			{Name: "other", Token: config.NewSecret("other"), Scopes: []string{"admin", "mcp"}},
		}
		c.Media.Dir, c.Media.MaxSize, c.Media.Types = dir, 1000, []string{"text/*", "image/*"}
		c.Delivery.MaxEnvelope = 2048
	}
}
