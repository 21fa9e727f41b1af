package web

import (
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// sources are the page's files by name.
func sources(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	names, err := fs.Glob(FS(), "*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		b, err := fs.ReadFile(FS(), name)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = string(b)
	}
	return all
}

func TestPageNamesWhatItLoadsBelowItsRoot(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	page := Page{Root: "../", Title: `A & "B" <c>`, Home: "lobby", Companion: "/wire.js"}
	if err := page.Write(&b); err != nil {
		t.Fatal(err)
	}
	html := b.String()
	for _, expected := range []string{
		`<title>A &amp; &#34;B&#34; &lt;c&gt;</title>`, `content="lobby"`, `content="/wire.js"`,
		`<script type="module" src="../-/app.js">`, `<script src="../-/theme.js">`, `href="../-/tokens.css"`, `href="../-/conversation.js"`,
	} {
		if !strings.Contains(html, expected) {
			t.Errorf("the page lacks %s:\n%s", expected, html)
		}
	}
	if strings.Contains(html, "embed.js") {
		t.Error("the page loads the snippet that is for others")
	}
	files := sources(t)
	for _, link := range regexp.MustCompile(`(?:href|src)="([^"]*)"`).FindAllStringSubmatch(html, -1) {
		name, below := strings.CutPrefix(link[1], "../-/")
		if _, there := files[name]; !below || !there {
			t.Errorf("the page loads %s, which is not a file of its own below its root", link[1])
		}
	}
}

func TestPageWithoutCompanionNamesNone(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	if err := (Page{Root: "./"}).Write(&b); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "postern-companion") {
		t.Error("a page without a companion names one")
	}
}

// What an import names must be there: no build step would tell.
func TestImportsAreThere(t *testing.T) {
	t.Parallel()
	files := sources(t)
	imports := regexp.MustCompile(`(?m)^import .*"\./([^"]+)";$`)
	for name, text := range files {
		for _, found := range imports.FindAllStringSubmatch(text, -1) {
			if _, there := files[found[1]]; !there {
				t.Errorf("%s imports %s, which is not there", name, found[1])
			}
		}
	}
}

// forbidden is what would let mark-up in, or what the page's own policy refuses.
var forbidden = regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment|\beval\(|new Function|"style",|setAttribute\("on|https?://[a-z]`)

func TestNothingParsesMarkUpOrLeavesTheOrigin(t *testing.T) {
	t.Parallel()
	// A name space, and addresses in a comment, are not fetched.
	allowed := []string{"http://www.w3.org/2000/svg"}
	for name, text := range sources(t) {
		for n, line := range strings.Split(text, "\n") {
			for _, a := range allowed {
				line = strings.ReplaceAll(line, a, "")
			}
			if found := forbidden.FindString(line); found != "" && !strings.HasPrefix(strings.TrimSpace(line), "//") {
				t.Errorf("%s:%d: %s", name, n+1, found)
			}
		}
	}
}

func TestFilesAreFlat(t *testing.T) {
	t.Parallel()
	entries, err := fs.ReadDir(FS(), ".")
	if err != nil {
		t.Fatal(err)
	}
	kinds := []string{"html", "js", "css", "svg"}
	for _, e := range entries {
		if e.IsDir() || !slices.Contains(kinds, e.Name()[strings.LastIndexByte(e.Name(), '.')+1:]) {
			t.Errorf("%s is neither of %v", e.Name(), kinds)
		}
	}
}
