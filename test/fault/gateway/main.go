// Command gateway is the postern of fault runs: the whole command line, with
// the webhook platform, Slack, Telegram and one more, fault, which can be given each of the
// natures that a platform may have.
package main

import (
	"github.com/posternhq/postern"
	"github.com/posternhq/postern/internal/platform/discord"
	"github.com/posternhq/postern/internal/platform/slack"
	"github.com/posternhq/postern/internal/platform/telegram"
	"github.com/posternhq/postern/internal/platform/webhook"
	"github.com/posternhq/postern/test/fault/gateway/fault"
)

func main() {
	postern.Main(webhook.Kind(), discord.Kind(), slack.Kind(), telegram.Kind(), fault.Kind())
}
