//go:build !notelegram

package main

import (
	"github.com/posternhq/postern/internal/platform/telegram"
	"github.com/posternhq/postern/platform"
)

func telegramKinds() []platform.Kind { return []platform.Kind{telegram.Kind()} }
