package config

import "fmt"

// check holds what several keys must agree on.
func (r *reader) check(c *Config) (warnings []Warning) {
	if len(c.HTTP.Tokens) == 0 && hostPort(&c.HTTP.Listen) == nil && !isLoopback(c.HTTP.Listen) {
		r.problem(r.at["http.listen"], "http.listen", fmt.Sprintf("%q can be reached from other machines, and nothing guards it: add http.tokens, or listen on 127.0.0.1", c.HTTP.Listen))
	}
	r.checkMedia(&c.Media)
	if len(c.Platforms) == 0 && len(r.problems) == 0 {
		warnings = append(warnings, Warning{At: Position{File: c.Path}, Key: "platforms", Message: "none is configured, so nothing will be delivered"})
	}
	return warnings
}
