//go:build nowebchat

package main

import "github.com/posternhq/postern/platform"

func webchatKinds() []platform.Kind { return nil }
