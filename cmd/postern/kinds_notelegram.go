//go:build notelegram

package main

import "github.com/posternhq/postern/platform"

func telegramKinds() []platform.Kind { return nil }
