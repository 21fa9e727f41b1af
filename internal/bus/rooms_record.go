package bus

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/posternhq/postern/platform"
)

// parseRecord reads a record as it lies in a room: "place version made data".
// An empty text is none.
func parseRecord(id, held string) (platform.Record, error) {
	record := platform.Record{ID: id}
	if held == "" {
		return record, nil
	}
	parts := strings.SplitN(held, " ", 4)
	if len(parts) != 4 {
		return record, errors.New("it is not one of ours")
	}
	var err error
	record.Place, record.Version, err = placeAndVersion(parts[0], parts[1])
	record.Data = []byte(parts[3])
	return record, err
}

func placeAndVersion(place, version string) (p, v int64, err error) {
	p, err = strconv.ParseInt(place, 10, 64)
	if err == nil {
		v, err = strconv.ParseInt(version, 10, 64)
	}
	return p, v, err
}

// News travels as a line of what it is and how long its parts are, then the
// parts: "r place version room id" for a record, "s room" for a signal, room
// and id as their lengths in bytes.

func signalNews(room string, data []byte) string {
	return "s " + strconv.Itoa(len(room)) + "\n" + room + string(data)
}

// parseNews reads what was published on a platform's channel of rooms.
func parseNews(text string) (platform.RoomNews, error) {
	line, rest, _ := strings.Cut(text, "\n")
	words := strings.Split(line, " ")
	switch {
	case len(words) == 2 && words[0] == "s":
		parts, err := cutParts(rest, words[1:])
		if err != nil {
			return platform.RoomNews{}, err
		}
		return platform.RoomNews{Room: parts[0], Signal: []byte(parts[1])}, nil
	case len(words) == 5 && words[0] == "r":
		place, version, err := placeAndVersion(words[1], words[2])
		if err != nil {
			return platform.RoomNews{}, err
		}
		parts, err := cutParts(rest, words[3:])
		if err != nil {
			return platform.RoomNews{}, err
		}
		record := platform.Record{ID: parts[1], Place: place, Version: version, Data: []byte(parts[2])}
		return platform.RoomNews{Room: parts[0], Record: &record}, nil
	default:
		return platform.RoomNews{}, fmt.Errorf("%d words of a kind nobody knows", len(words))
	}
}

// cutParts cuts text into parts of the lengths given, and what is left.
func cutParts(text string, lengths []string) ([]string, error) {
	var parts []string
	for _, length := range lengths {
		n, err := strconv.Atoi(length)
		if err != nil || n < 0 || n > len(text) {
			return nil, fmt.Errorf("a part of %q bytes in %d", length, len(text))
		}
		parts = append(parts, text[:n])
		text = text[n:]
	}
	return append(parts, text), nil
}
