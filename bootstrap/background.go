package bootstrap

import (
	"context"
	"errors"
	"fmt"
)

// part is something that runs beside the requests until it is told to stop. Parts are started in order and stopped in
// the reverse order once the requests are finished, so that each may use those before it until its end.
type part struct {
	name             string
	run              func(context.Context) error
	endsWithRequests bool // it is told to stop when the requests under way are about to be finished, not only after them
}

// background is a part that runs.
type background struct {
	cancel context.CancelFunc
	done   chan struct{}
	err    error // why it failed; readable once done is closed
}

var errEndedEarly = errors.New("it ended before it was told to")

// start runs a part. When it fails, which is also to end before it was told to, failed hears of it, which must have
// room.
func start(p part, failed chan<- error) *background {
	ctx, cancel := context.WithCancel(context.Background())
	b := &background{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(b.done)
		err := p.run(ctx)
		switch {
		case ctx.Err() != nil && (err == nil || errors.Is(err, context.Canceled)):
			return
		case err == nil:
			err = errEndedEarly
		}
		b.err = fmt.Errorf("%s: %w", p.name, err)
		failed <- b.err
	}()
	return b
}

// stop tells it to stop, waits until it has, and returns why it failed, if it did.
func (b *background) stop() error {
	b.cancel()
	<-b.done
	return b.err
}
