// Package lib is somebody else's, and links testing.
package lib

import "testing"

var _ testing.TB
