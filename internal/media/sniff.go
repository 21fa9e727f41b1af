package media

import (
	"mime"
	"net/http"
	"slices"
	"strings"
)

const (
	sniffed = 512 // bytes that a type is found in

	typeBytes = "application/octet-stream"
	typeText  = "text/plain"
	typeZip   = "application/zip"
)

// find returns the type that a file's first bytes show, without parameters.
func find(head []byte) string {
	if len(head) >= 12 && string(head[4:8]) == "ftyp" && (string(head[8:12]) == "avif" || string(head[8:12]) == "avis") {
		return "image/avif" // which net/http takes for a video or does not know
	}
	found, _, _ := strings.Cut(http.DetectContentType(head), ";")
	return found
}

// label is the type as it is told to people: what was found, or the sender's
// more precise word for bytes that may be many things.
func label(found, claimed string) string {
	claim, _, err := mime.ParseMediaType(claimed)
	kind, _, ok := strings.Cut(claim, "/")
	if err != nil || !ok || len(claim) > 127 {
		return found
	}
	switch found {
	case typeText:
		if kind == "text" || kind == "application" || claim == "image/svg+xml" {
			return claim
		}
	case "text/xml":
		if strings.HasSuffix(claim, "xml") {
			return claim
		}
	case typeZip:
		if kind == "application" {
			return claim
		}
	case typeBytes:
		if kind != "text" && !inline(claim) {
			return claim
		}
	}
	return found
}

// allowed reports whether a type is one of patterns such as image/*.
func allowed(patterns []string, found string) bool {
	kind, _, _ := strings.Cut(found, "/")
	return slices.ContainsFunc(patterns, func(p string) bool { return p == found || p == kind+"/*" || p == "*/*" })
}

// inline reports whether a browser may show a file of this type as part of a
// page: pictures of dots, which can bear no script. SVG can.
func inline(found string) bool {
	switch found {
	case "image/png", "image/jpeg", "image/gif", "image/webp", "image/avif":
		return true
	}
	return false
}

// served is the Content-Type that a file goes out with. What a browser could
// run is only bytes to it.
func served(found string) string {
	switch kind, _, _ := strings.Cut(found, "/"); {
	case inline(found), kind == "audio", kind == "video", found == "application/pdf", found == typeZip:
		return found
	case found == typeText:
		return typeText + "; charset=utf-8"
	}
	return typeBytes
}
