package cli

import (
	"context"
	"io"
)

// RunIn is Run in an environment other than the process's.
func RunIn(ctx context.Context, environ, args []string, out, errOut io.Writer) int {
	return run(ctx, environ, args, out, errOut)
}
