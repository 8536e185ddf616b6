// Package precondition is what a request demands of the version of a thing before it changes it. It is born from an
// If-Match header and checked where the version is known for certain: inside the transaction that changes the row.
package precondition

import (
	"slices"

	"fasttrack/shared/errs"
)

// ErrFailed refuses a change that was based on a version which is no longer the current one.
var ErrFailed = errs.New(errs.PreconditionFailed, errs.CodePreconditionFailed,
	"the resource has changed: read it again before you change it")

// If is a demand. The zero If demands nothing.
type If struct {
	demanded bool
	versions []int64
}

// Version demands that the current version is one of those given; without any it can never be met.
func Version(versions ...int64) If {
	return If{demanded: true, versions: versions}
}

// IsZero reports whether nothing is demanded.
func (i If) IsZero() bool { return !i.demanded }

// Check returns [ErrFailed] if something is demanded and the current version is not it.
func (i If) Check(current int64) error {
	if i.demanded && !slices.Contains(i.versions, current) {
		return ErrFailed
	}
	return nil
}
