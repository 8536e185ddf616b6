// Package portstest is a kit.
package portstest

import (
	_ "testing"

	_ "github.com/stretchr/testify/require"

	_ "house/modules/labels/internal/ports"
)
