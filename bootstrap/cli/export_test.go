package cli

import (
	"context"
	"io"
	"strings"
)

// Copies are those that the doctor compares.
var Copies = copies

// RunIn is Run in an environment other than the process's.
func RunIn(ctx context.Context, environ, args []string, out, errOut io.Writer) int {
	return run(ctx, environ, args, strings.NewReader(""), out, errOut)
}

// RunWith is RunIn with something on standard input.
func RunWith(ctx context.Context, environ []string, in string, args []string, out, errOut io.Writer) int {
	return run(ctx, environ, args, strings.NewReader(in), out, errOut)
}
