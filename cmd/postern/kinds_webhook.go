//go:build !nowebhook

package main

import (
	"github.com/posternhq/postern/internal/platform/webhook"
	"github.com/posternhq/postern/platform"
)

func webhookKinds() []platform.Kind { return []platform.Kind{webhook.Kind()} }
