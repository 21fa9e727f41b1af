//go:build !noconsole

package main

import (
	"github.com/posternhq/postern/internal/platform/console"
	"github.com/posternhq/postern/platform"
)

func consoleKinds() []platform.Kind { return []platform.Kind{console.Kind(console.Stdio())} }
