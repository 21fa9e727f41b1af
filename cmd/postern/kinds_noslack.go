//go:build noslack

package main

import "github.com/posternhq/postern/platform"

func slackKinds() []platform.Kind { return nil }
