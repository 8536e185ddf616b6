package bootstrap

import (
	"context"
	"errors"
	"fmt"
)

// background is a part of the program that runs beside the requests until it is told to stop.
type background struct {
	cancel context.CancelFunc
	done   chan struct{}
	err    error // why it ended; readable once done is closed
}

var errEndedEarly = errors.New("it ended before it was told to")

// start runs a part of the program. When it ends before it was told to, failed hears of it, which must have room.
func start(name string, run func(context.Context) error, failed chan<- error) *background {
	ctx, cancel := context.WithCancel(context.Background())
	b := &background{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(b.done)
		err := run(ctx)
		switch {
		case ctx.Err() != nil && (err == nil || errors.Is(err, context.Canceled)):
			return
		case err == nil:
			err = errEndedEarly
		}
		b.err = fmt.Errorf("%s: %w", name, err)
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
