//go:build !noslack

package main

import (
	"github.com/posternhq/postern/internal/platform/slack"
	"github.com/posternhq/postern/platform"
)

func slackKinds() []platform.Kind { return []platform.Kind{slack.Kind()} }
