package envelope

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"unicode/utf8"
)

// jsonParser builds a tree from encoding/json's tokens. That decoder is
// iterative, but replaces what is not UTF-8 and takes keys twice: both are
// looked at here.
type jsonParser struct {
	*reader
	data []byte
	dec  *json.Decoder
	last int64 // where the token before ended
}

// parseJSON reads one object that fills data. It notes what is wrong in r and
// returns the members that could be read.
func parseJSON(r *reader, data []byte) map[string]any {
	p := &jsonParser{reader: r, data: data, dec: json.NewDecoder(bytes.NewReader(data))}
	p.dec.UseNumber()
	if data[0] != '{' {
		p.stop("expected a MessagePack map or a JSON object, got text that begins with %q", data[:1])
		return nil
	}
	p.next()
	m := p.object()
	if p.stopped {
		return m
	}
	if _, err := p.dec.Token(); !errors.Is(err, io.EOF) {
		p.stop("something follows the JSON object that ends at byte %d: expected nothing more", p.last)
	}
	return m
}

// parseValue reads JSON of any kind that Go code made.
func parseValue(data []byte) (any, *Error) {
	p := &jsonParser{reader: newReader(maxWritten), data: data, dec: json.NewDecoder(bytes.NewReader(data))}
	p.dec.UseNumber()
	v := p.value()
	return v, p.fault
}

// next returns the next token, or stops.
func (p *jsonParser) next() json.Token {
	p.last = p.dec.InputOffset()
	tok, err := p.dec.Token()
	var syntax *json.SyntaxError
	switch {
	case err == nil:
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		p.stop("JSON is cut off at byte %d", len(p.data))
	case errors.As(err, &syntax):
		p.stop("not JSON, near byte %d: %s", p.dec.InputOffset(), shorten(syntax.Error(), maxShown))
	default:
		p.stop("not JSON, near byte %d", p.dec.InputOffset())
	}
	return tok
}

// value reads the next value; nil stands for one that had to be passed over.
func (p *jsonParser) value() any {
	switch t := p.next().(type) {
	case json.Delim:
		switch {
		case p.tooDeep():
			p.skip()
			return nil
		case t == '{':
			return p.object()
		default:
			return p.list()
		}
	case json.Number:
		return literal(string(t))
	case string:
		if p.whole() {
			return t
		}
		return nil
	default:
		return t
	}
}

// object reads what follows a '{'.
func (p *jsonParser) object() map[string]any {
	m := map[string]any{}
	for p.dec.More() {
		key, _ := p.next().(string)
		sound := p.whole()
		p.enter(key)
		v := p.value()
		p.leave()
		if p.stopped {
			return m
		}
		if sound {
			p.put(m, key, v)
		}
	}
	p.next()
	return m
}

// list reads what follows a '['.
func (p *jsonParser) list() []any {
	l := []any{}
	for p.dec.More() {
		p.at(len(l))
		v := p.value()
		p.leave()
		if p.stopped {
			return l
		}
		l = append(l, v)
	}
	p.next()
	return l
}

// skip passes over what is left of a map or a list that is too deep.
func (p *jsonParser) skip() {
	for open := 1; open > 0 && !p.stopped; {
		switch p.next() {
		case json.Delim('{'), json.Delim('['):
			open++
		case json.Delim('}'), json.Delim(']'):
			open--
		}
	}
}

// whole reports whether the string token just read is UTF-8 through and
// through, escapes included.
func (p *jsonParser) whole() bool {
	raw := p.data[p.last:p.dec.InputOffset()]
	if !utf8.Valid(raw) {
		p.fail(CodeUndecodable, "a string is not valid UTF-8")
		return false
	}
	if loneSurrogate(raw) {
		p.fail(CodeUndecodable, `a string has half of a surrogate pair (\ud800 to \udfff): not valid UTF-8`)
		return false
	}
	return true
}

// loneSurrogate reports whether a string literal escapes half a character.
func loneSurrogate(raw []byte) bool {
	high := false // the escape before was a first half, and nothing since
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' {
			if high {
				return true
			}
			continue
		}
		i++
		if raw[i] != 'u' {
			if high {
				return true
			}
			continue
		}
		u, _ := strconv.ParseUint(string(raw[i+1:i+5]), 16, 16)
		i += 4
		low := u >= 0xdc00 && u <= 0xdfff
		if low != high {
			return true
		}
		high = u >= 0xd800 && u <= 0xdbff
	}
	return high
}
