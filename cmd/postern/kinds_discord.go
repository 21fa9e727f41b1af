//go:build !nodiscord

package main

import (
	"github.com/posternhq/postern/internal/platform/discord"
	"github.com/posternhq/postern/platform"
)

func discordKinds() []platform.Kind { return []platform.Kind{discord.Kind()} }
