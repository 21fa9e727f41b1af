//go:build !nowebchat

package main

import (
	"github.com/posternhq/postern/internal/platform/webchat"
	"github.com/posternhq/postern/platform"
)

func webchatKinds() []platform.Kind { return []platform.Kind{webchat.Kind()} }
