//go:build nowebhook

package main

import "github.com/posternhq/postern/platform"

func webhookKinds() []platform.Kind { return nil }
