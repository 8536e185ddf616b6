package harness

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// Main runs the tests of a package and fails if a goroutine outlives them. It is for TestMain:
//
//	func TestMain(m *testing.M) { harness.Main(m) }
func Main(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		if scratch != "" {
			_ = os.RemoveAll(scratch)
		}
		os.Exit(code)
	}))
}
