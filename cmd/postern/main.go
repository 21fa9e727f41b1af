// Postern carries messages between Redis streams and chat platforms.
package main

import (
	"slices"

	"github.com/posternhq/postern"
	"github.com/posternhq/postern/platform"
)

func main() { postern.Main(kinds()...) }

// kinds are the platforms of this binary. Each stands in a file of its own and
// is left out by a build tag: go build -tags nowebhook.
func kinds() []platform.Kind {
	return slices.Concat(consoleKinds(), discordKinds(), slackKinds(), telegramKinds(), webchatKinds(), webhookKinds())
}
