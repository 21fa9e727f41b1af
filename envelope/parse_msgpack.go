package envelope

import (
	"bytes"
	"io"
	"unicode/utf8"

	"github.com/vmihailenco/msgpack/v5"
	"github.com/vmihailenco/msgpack/v5/msgpcode"
)

// packParser builds a tree from MessagePack. The library reads the heads;
// strings and bytes are cut from data, of which src marks the place.
type packParser struct {
	*reader
	data []byte
	src  *bytes.Reader
	dec  *msgpack.Decoder
}

// parseMessagePack reads one map that fills data. It notes what is wrong in r
// and returns the members that could be read.
func parseMessagePack(r *reader, data []byte) map[string]any {
	p := &packParser{reader: r, data: data, src: bytes.NewReader(data), dec: msgpack.GetDecoder()}
	defer msgpack.PutDecoder(p.dec)
	p.dec.Reset(p.src)
	if !isMap(data[0]) {
		p.stop("expected a MessagePack map or a JSON object, got a first byte of 0x%02x", data[0])
		return nil
	}
	m := p.object()
	if !p.stopped && p.src.Len() > 0 {
		p.stop("something follows the MessagePack map that ends at byte %d: expected nothing more", p.offset())
	}
	return m
}

func (p *packParser) offset() int { return len(p.data) - p.src.Len() }

// cutOff stops: the data ends before what its heads announce.
func (p *packParser) cutOff() { p.stop("MessagePack is cut off at byte %d", len(p.data)) }

// value reads the next value; nil stands for one that had to be passed over.
func (p *packParser) value() any {
	c, err := p.dec.PeekCode()
	if err != nil {
		p.cutOff()
		return nil
	}
	var v any
	switch {
	case isMap(c) || isList(c):
		if p.tooDeep() {
			p.skip()
			return nil
		}
		if isMap(c) {
			return p.object()
		}
		return p.list()
	case msgpcode.IsString(c):
		return p.text()
	case msgpcode.IsBin(c):
		return p.bytes()
	case msgpcode.IsExt(c):
		return p.extension()
	case c == msgpcode.Nil:
		err = p.dec.DecodeNil()
	case c == msgpcode.True || c == msgpcode.False:
		v, err = p.dec.DecodeBool()
	case c == msgpcode.Float || c == msgpcode.Double:
		v, err = p.float()
	case c == msgpcode.Uint64:
		v, err = p.unsigned()
	case c == neverUsed:
		p.stop("not MessagePack: byte 0xc1 at byte %d", p.offset())
		return nil
	default:
		v, err = p.dec.DecodeInt64()
	}
	if err != nil {
		p.cutOff()
		return nil
	}
	return v
}

// neverUsed is the one byte that begins no MessagePack value.
const neverUsed = 0xc1

func isMap(c byte) bool {
	return msgpcode.IsFixedMap(c) || c == msgpcode.Map16 || c == msgpcode.Map32
}

func isList(c byte) bool {
	return msgpcode.IsFixedArray(c) || c == msgpcode.Array16 || c == msgpcode.Array32
}

func (p *packParser) float() (any, error) {
	f, err := p.dec.DecodeFloat64()
	return number(f), err
}

func (p *packParser) unsigned() (any, error) {
	u, err := p.dec.DecodeUint64()
	if i := int64(u); i >= 0 {
		return i, err
	}
	return u, err
}

// room reports whether n bytes can still follow, and stops if not. Every item
// takes a byte at least, so nothing is made longer than the data.
func (p *packParser) room(n int, err error) bool {
	if err != nil || n < 0 || n > p.src.Len() {
		p.cutOff()
		return false
	}
	return true
}

// take returns the next n bytes, of which there are as many.
func (p *packParser) take(n int) []byte {
	from := p.offset()
	_, _ = p.src.Seek(int64(n), io.SeekCurrent) // cannot fail: room was asked
	return p.data[from : from+n]
}

func (p *packParser) text() any {
	n, err := p.dec.DecodeBytesLen()
	if !p.room(n, err) {
		return nil
	}
	b := p.take(n)
	if t, ok := typeValues[string(b)]; ok {
		return t
	}
	if !utf8.Valid(b) {
		p.fail(CodeUndecodable, "a string is not valid UTF-8")
		return nil
	}
	return string(b)
}

// typeValues are the types as values of a tree: each envelope has one.
var typeValues = func() map[string]any {
	values := map[string]any{}
	for _, t := range types() {
		values[t] = t
	}
	return values
}()

func (p *packParser) bytes() any {
	n, err := p.dec.DecodeBytesLen()
	if !p.room(n, err) {
		return nil
	}
	return bytes.Clone(p.take(n))
}

func (p *packParser) extension() any {
	id, n, err := p.dec.DecodeExtHeader()
	if !p.room(n, err) {
		return nil
	}
	p.take(n)
	return extension(id)
}

func (p *packParser) object() map[string]any {
	n, err := p.dec.DecodeMapLen()
	if !p.room(n, err) {
		return nil
	}
	m := make(map[string]any, min(n, 64)) // what is announced is not yet there
	for range n {
		key, sound := p.key()
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
	return m
}

// key reads a key. It is not sound if it is none that a field may have.
func (p *packParser) key() (key string, sound bool) {
	c, err := p.dec.PeekCode()
	if err != nil {
		p.cutOff()
		return "", false
	}
	if !msgpcode.IsString(c) {
		p.fail(CodeUndecodable, "a key of a map is not a string (it begins with byte 0x%02x)", c)
		p.skip()
		return "", false
	}
	n, err := p.dec.DecodeBytesLen()
	if !p.room(n, err) {
		return "", false
	}
	return p.name(p.take(n))
}

// name is a key as a string: a field's own name, without a copy.
func (p *packParser) name(b []byte) (key string, sound bool) {
	if i, ok := outboundPlaces[string(b)]; ok {
		return outboundFields[i].name, true
	}
	if !utf8.Valid(b) {
		p.fail(CodeUndecodable, "a string is not valid UTF-8")
		return "", false
	}
	return string(b), true
}

func (p *packParser) list() []any {
	n, err := p.dec.DecodeArrayLen()
	if !p.room(n, err) {
		return nil
	}
	l := make([]any, 0, min(n, 64)) // what is announced is not yet there
	for i := range n {
		p.at(i)
		v := p.value()
		p.leave()
		if p.stopped {
			return l
		}
		l = append(l, v)
	}
	return l
}

// skip passes over one value of any depth without recursion: it counts the
// values that are still to come.
func (p *packParser) skip() {
	for left := 1; left > 0 && !p.stopped; left-- {
		c, err := p.dec.PeekCode()
		switch {
		case err != nil:
			p.cutOff()
		case isMap(c):
			n, err := p.dec.DecodeMapLen()
			if p.room(n, err) {
				left += 2 * n
			}
		case isList(c):
			n, err := p.dec.DecodeArrayLen()
			if p.room(n, err) {
				left += n
			}
		default:
			p.value()
		}
	}
}
