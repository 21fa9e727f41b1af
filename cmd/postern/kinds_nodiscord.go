//go:build nodiscord

package main

import "github.com/posternhq/postern/platform"

func discordKinds() []platform.Kind { return nil }
