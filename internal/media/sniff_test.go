package media

import "testing"

// What is shown inline is decided by the bytes; nothing that is claimed makes
// a difference, and no mark-up is among it.
func TestTypes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		content, claimed     string
		found, label, served string
		inline               bool
	}{
		{png, "", "image/png", "image/png", "image/png", true},
		{png, "text/html", "image/png", "image/png", "image/png", true},
		{jpeg, "image/jpeg", "image/jpeg", "image/jpeg", "image/jpeg", true},
		{avif, "image/avif", "image/avif", "image/avif", "image/avif", true},
		{"GIF89a...", "", "image/gif", "image/gif", "image/gif", true},
		{"RIFF\x00\x00\x00\x00WEBPVP8 ", "", "image/webp", "image/webp", "image/webp", true},
		{svg, "image/svg+xml", "text/plain", "image/svg+xml", "text/plain; charset=utf-8", false},
		{svg, "image/png", "text/plain", "text/plain", "text/plain; charset=utf-8", false},
		{`<?xml version="1.0"?>` + svg, "image/svg+xml", "text/xml", "image/svg+xml", typeBytes, false},
		{html, "image/png", "text/html", "text/html", typeBytes, false},
		{"  \n" + html, "", "text/html", "text/html", typeBytes, false},
		{noise, "image/png", typeBytes, typeBytes, typeBytes, false},
		{noise, "image/heic", typeBytes, "image/heic", typeBytes, false},
		{noise, "text/html", typeBytes, typeBytes, typeBytes, false},
		{"%PDF-1.7", "", "application/pdf", "application/pdf", "application/pdf", false},
		{zip, "application/vnd.ms-excel; a=b", typeZip, "application/vnd.ms-excel", typeZip, false},
		{zip, "text/html", typeZip, typeZip, typeZip, false},
		{"a,b\n1,2\n", "text/csv", "text/plain", "text/csv", "text/plain; charset=utf-8", false},
		{"{}", "application/json", "text/plain", "application/json", "text/plain; charset=utf-8", false},
		{"alert(1)", "text/javascript", "text/plain", "text/javascript", "text/plain; charset=utf-8", false},
		{"ID3\x03...", "", "audio/mpeg", "audio/mpeg", "audio/mpeg", false},
		{"", "not a type", "text/plain", "text/plain", "text/plain; charset=utf-8", false},
	} {
		found := find([]byte(tt.content))
		if found != tt.found || label(found, tt.claimed) != tt.label || served(found) != tt.served || inline(found) != tt.inline {
			t.Errorf("%.20q as %q: found %s, label %s, served %s, inline %v; want %s, %s, %s, %v", tt.content, tt.claimed,
				found, label(found, tt.claimed), served(found), inline(found), tt.found, tt.label, tt.served, tt.inline)
		}
	}
}

func TestAllowed(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		pattern, found string
		want           bool
	}{
		{"image/*", "image/png", true},
		{"image/*", "images/png", false},
		{"image/png", "image/png", true},
		{"image/png", "image/jpeg", false},
		{"*/*", "a/b", true},
	} {
		if got := allowed([]string{"x/y", tt.pattern}, tt.found); got != tt.want {
			t.Errorf("%s allows %s: %v", tt.pattern, tt.found, got)
		}
	}
}

// However bytes are claimed, what is served inline is a picture of dots by
// its own bytes, and what could run is never served as what it is.
func FuzzNothingThatRunsIsServed(f *testing.F) {
	for _, seed := range []string{png, svg, html, zip, noise, "<?xml?>", "<script>", "#!/bin/sh\n"} {
		f.Add([]byte(seed))
	}
	safe := map[string]bool{
		"text/plain; charset=utf-8": true, typeBytes: true, typeZip: true, "application/pdf": true,
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		found := find(content[:min(len(content), sniffed)])
		as := served(found)
		switch {
		case inline(found):
			if content[0] == '<' || as != found {
				t.Errorf("%q is served inline as %s", content, as)
			}
		case !safe[as] && as[:6] != "audio/" && as[:6] != "video/":
			t.Errorf("%q is served as %s", content, as)
		}
	})
}
