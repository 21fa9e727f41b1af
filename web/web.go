// Package web is the page of the web chat: HTML, style sheets and plain ES
// modules, embedded as they are written, with no build step between.
//
// The page's own address may be one, two or three segments deep, and a reverse
// proxy may put more before them. So nothing in it is absolute: the server says
// where the chat's root lies, relative to the page.
package web

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"slices"
)

//go:embed page
var files embed.FS

// FS returns what the page loads, flat: app.js, base.css, icon.svg, embed.js and
// so on, to be served at <root>-/<name>. index.html is not to be served as it
// is: Write fills it in.
func FS() fs.FS {
	sub, err := fs.Sub(files, "page")
	if err != nil { // only for an invalid path, and "page" is a constant
		panic(err)
	}
	return sub
}

// Page is what a served page is told by its server.
type Page struct {
	Root      string // from the page's address to the chat's root, ending in "/": "chat/", "./" or "../"
	Title     string
	Home      string // the room at the root itself
	Companion string // path of a module on the same origin to load beside the chat; "" is none
}

// Write writes the page as HTML. It is safe for concurrent use.
func (p Page) Write(w io.Writer) error {
	if err := index.Execute(w, view{Page: p, Styles: styles, Modules: modules}); err != nil {
		return fmt.Errorf("write the chat's page: %w", err)
	}
	return nil
}

// view is Page with the names of the files that the page loads: named in the
// page itself they come in one round trip, not one per level of import.
type view struct {
	Page
	Styles, Modules []string
}

var (
	index   = template.Must(template.ParseFS(FS(), "index.html"))
	styles  = named("*.css")
	modules = named("*.js", "theme.js", "embed.js")
)

// named lists the embedded files of a pattern, without the given ones.
func named(pattern string, without ...string) []string {
	names, err := fs.Glob(FS(), pattern)
	if err != nil {
		panic(err)
	}
	kept := names[:0]
	for _, name := range names {
		if !slices.Contains(without, name) {
			kept = append(kept, name)
		}
	}
	return kept
}
