package media

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxFilename  = 200 // bytes
	maxExtension = 16
)

// CleanFilename makes of what a sender calls a file a name that is safe to
// show and to save under: the last part of a path, without control and
// direction characters, and without what some system gives a meaning. It may
// be "".
func CleanFilename(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError, unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs, unicode.Zl, unicode.Zp):
			return -1
		case strings.ContainsRune(`<>:"|?*`, r):
			return '_'
		case unicode.IsSpace(r):
			return ' '
		}
		return r
	}, strings.ToValidUTF8(name, ""))
	name = strings.Trim(shorten(strings.Trim(name, " .")), " .")
	if reserved(name) {
		return "_" + name
	}
	return name
}

// shorten cuts a long name before its extension.
func shorten(name string) string {
	if len(name) <= maxFilename {
		return name
	}
	extension := ""
	if dot := strings.LastIndexByte(name, '.'); dot >= 0 && len(name)-dot <= maxExtension {
		extension = name[dot:]
	}
	cut := maxFilename - len(extension)
	for !utf8.RuneStart(name[cut]) {
		cut--
	}
	return strings.TrimRight(name[:cut], " .") + extension
}

// reserved reports whether Windows takes a name for a device.
func reserved(name string) bool {
	stem, _, _ := strings.Cut(strings.ToUpper(name), ".")
	switch stem = strings.TrimRight(stem, " "); stem {
	case "CON", "PRN", "AUX", "NUL":
		return true
	}
	return len(stem) == 4 && (strings.HasPrefix(stem, "COM") || strings.HasPrefix(stem, "LPT")) && stem[3] >= '0' && stem[3] <= '9'
}

// extensions are for files that came without a name.
var extensions = map[string]string{
	"image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif", "image/webp": ".webp", "image/avif": ".avif",
	"audio/mpeg": ".mp3", "audio/wave": ".wav", "video/mp4": ".mp4", "video/webm": ".webm",
	"application/pdf": ".pdf", typeZip: ".zip", typeText: ".txt",
}

// disposition is the Content-Disposition header of a clean name, as RFC 6266
// has it: in ASCII for old clients, then in full.
func disposition(kind, name, found string) string {
	if name == "" {
		name = "file" + extensions[found]
	}
	var ascii, full strings.Builder
	for _, r := range name {
		switch {
		case r > unicode.MaxASCII:
			ascii.WriteByte('_')
		case r == '"', r == '\\', r == '%': // which some clients read as an escape
			ascii.WriteByte('_')
		default:
			ascii.WriteRune(r)
		}
	}
	for _, c := range []byte(name) {
		if attrChar(c) {
			full.WriteByte(c)
			continue
		}
		const hex = "0123456789ABCDEF"
		full.Write([]byte{'%', hex[c>>4], hex[c&15]})
	}
	header := kind + `; filename="` + ascii.String() + `"`
	if full.String() != ascii.String() {
		header += "; filename*=UTF-8''" + full.String()
	}
	return header
}

// attrChar is RFC 5987's attr-char.
func attrChar(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("!#$&+-.^_`|~", c) >= 0
}
