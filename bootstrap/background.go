package bootstrap

import (
	"context"
	"fmt"
)

// background is something that runs beside the requests until it is told to stop.
type background struct {
	cancel context.CancelFunc
	done   chan struct{}
}

// start runs it. When it ends before it was told to, the reason goes to failed, which must have room for it.
func start(name string, run func(context.Context) error, failed chan<- error) *background {
	ctx, cancel := context.WithCancel(context.Background())
	b := &background{cancel, make(chan struct{})}
	go func() {
		defer close(b.done)
		err := run(ctx)
		if ctx.Err() == nil {
			failed <- fmt.Errorf("%s ended: %w", name, err)
		}
	}()
	return b
}

// stop tells it to stop and waits until it has.
func (b *background) stop() {
	b.cancel()
	<-b.done
}
