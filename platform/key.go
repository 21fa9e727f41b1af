package platform

import (
	"crypto/sha256"
	"encoding/base32"
	"strconv"
)

// PartKey is the idempotency key of one part: 24 characters of a-z and 2-7, a
// pure function of its arguments. stream is the outbound stream, so that two
// platforms at one receiver do not collide; target is channel and thread.
func PartKey(stream, key, channelID, threadID string, part int) string {
	var room [512]byte
	text := room[:0]
	for _, s := range [...]string{"1", stream, key, channelID, threadID, strconv.Itoa(part)} {
		text = append(strconv.AppendInt(text, int64(len(s)), 10), ':')
		text = append(text, s...)
	}
	sum := sha256.Sum256(text)
	var out [keyLength]byte
	lowerBase32.Encode(out[:], sum[:keyLength*5/8])
	return string(out[:])
}

// keyLength is a multiple of eight: as many characters of base32 are of whole
// bytes, and need no padding.
const keyLength = 24

var lowerBase32 = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567")

// Number fills in each part's key, index and count.
func Number(stream, key string, parts []Part) {
	for i := range parts {
		parts[i].Index, parts[i].Count = i, len(parts)
		parts[i].Key = PartKey(stream, key, parts[i].ChannelID, parts[i].ThreadID, i)
	}
}
