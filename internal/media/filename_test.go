package media

import (
	"mime"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestCleanFilename(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"":                               "",
		"report.pdf":                     "report.pdf",
		"../../etc/passwd":               "passwd",
		`C:\temp\a.txt`:                  "a.txt",
		"..":                             "",
		" . hidden ":                     "hidden",
		".bashrc":                        "bashrc",
		"a\r\nSet-Cookie: x=1.txt":       "aSet-Cookie_ x=1.txt",
		"a\x00b.txt":                     "ab.txt",
		"gpj.\u202etxt.exe":              "gpj.txt.exe",
		"a\xffb":                         "ab",
		`a"b<c>d|e?f*g:h.txt`:            "a_b_c_d_e_f_g_h.txt",
		"CON":                            "_CON",
		"nul.txt":                        "_nul.txt",
		"com1.log":                       "_com1.log",
		"common.log":                     "common.log",
		"Überraschung für Søren 🎁.png":   "Überraschung für Søren 🎁.png",
		strings.Repeat("é", 300) + ".md": strings.Repeat("é", 98) + ".md",
		strings.Repeat("x", 300):         strings.Repeat("x", 200),
	} {
		if got := CleanFilename(name); got != want {
			t.Errorf("CleanFilename(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestDisposition(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, found, want string }{
		{"a b.txt", "text/plain", `attachment; filename="a b.txt"; filename*=UTF-8''a%20b.txt`},
		{"a.txt", "text/plain", `attachment; filename="a.txt"`},
		{"ä.txt", "text/plain", `attachment; filename="_.txt"; filename*=UTF-8''%C3%A4.txt`},
		{"100%.txt", "text/plain", `attachment; filename="100_.txt"; filename*=UTF-8''100%25.txt`},
		{"", "image/png", `attachment; filename="file.png"`},
		{"", "application/x-unheard-of", `attachment; filename="file"`},
	} {
		if got := disposition("attachment", tt.name, tt.found); got != tt.want {
			t.Errorf("disposition of %q: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func FuzzFilename(f *testing.F) {
	for _, seed := range []string{"a.txt", "../a", "a\r\nb: c", `"; filename="b.exe`, "%2e%2e%2f", "\u202e", strings.Repeat("🎁", 99), "con .", "a\\"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, sent string) {
		name := CleanFilename(sent)
		if len(name) > maxFilename+1 || !utf8.ValidString(name) || strings.ContainsAny(name, "/\\\"<>|:*?") || strings.ContainsFunc(name, unicode.IsControl) ||
			strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".") {
			t.Fatalf("%q became %q", sent, name)
		}
		if again := CleanFilename(name); again != name && !strings.HasPrefix(name, "_") {
			t.Fatalf("%q became %q, and that %q", sent, name, again)
		}
		header := disposition("attachment", name, "text/plain")
		kind, params, err := mime.ParseMediaType(header)
		if err != nil || kind != "attachment" || name != "" && params["filename"] != name {
			t.Fatalf("%q is read as %q %v (%v), want the name %q", header, kind, params, err, name)
		}
		for _, c := range []byte(header) {
			if c < ' ' || c > '~' {
				t.Fatalf("%q is no header", header)
			}
		}
	})
}
