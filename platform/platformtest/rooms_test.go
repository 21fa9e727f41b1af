package platformtest

import (
	"testing"

	"github.com/posternhq/postern/platform"
)

func TestRoomsInMemory(t *testing.T) {
	t.Parallel()
	RunRooms(t, func(testing.TB) platform.Rooms { return NewHost().Rooms() })
}
