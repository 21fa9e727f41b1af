package platform

import (
	"crypto/sha256"
	"encoding/base32"
	"strconv"
	"strings"
)

// PartKey is the idempotency key of one part: 24 characters of a-z and 2-7, a
// pure function of its arguments. stream is the outbound stream, so that two
// platforms at one receiver do not collide; target is channel and thread.
func PartKey(stream, key, channelID, threadID string, part int) string {
	h := sha256.New()
	for _, s := range []string{"1", stream, key, channelID, threadID, strconv.Itoa(part)} {
		h.Write([]byte(strconv.Itoa(len(s))))
		h.Write([]byte{':'})
		h.Write([]byte(s))
	}
	return strings.ToLower(base32.StdEncoding.EncodeToString(h.Sum(nil)))[:24]
}

// Number fills in each part's key, index and count.
func Number(stream, key string, parts []Part) {
	for i := range parts {
		parts[i].Index, parts[i].Count = i, len(parts)
		parts[i].Key = PartKey(stream, key, parts[i].ChannelID, parts[i].ThreadID, i)
	}
}
