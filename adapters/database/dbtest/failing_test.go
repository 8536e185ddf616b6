package dbtest_test

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
)

// attempt is a test that may fail: what fails in it is kept, and its cleanups run when it ends.
type attempt struct {
	testing.TB

	mu       sync.Mutex
	failures string
	cleanups []func()
}

// try runs a test that may fail and returns why it did.
func try(t *testing.T, test func(t testing.TB)) (failures string) {
	t.Helper()
	a := &attempt{TB: t}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		test(a)
	}()
	<-ended
	for i := len(a.cleanups) - 1; i >= 0; i-- {
		a.cleanups[i]()
	}
	return a.failures
}

func (a *attempt) Cleanup(fn func()) { a.cleanups = append(a.cleanups, fn) }

func (a *attempt) Errorf(format string, args ...any) { a.fail(fmt.Sprintf(format, args...)) }

func (a *attempt) Error(args ...any) { a.fail(fmt.Sprint(args...)) }

func (a *attempt) fail(why string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.failures += why
}

// FailNow ends the goroutine, as that of a test does.
func (a *attempt) FailNow() { runtime.Goexit() }
