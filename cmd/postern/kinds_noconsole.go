//go:build noconsole

package main

import "github.com/posternhq/postern/platform"

func consoleKinds() []platform.Kind { return nil }
